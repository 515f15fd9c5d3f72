/** A broker that an experiment started and may hurt. What it cannot do is absent. */
export interface ServerControl {
  /** Shown in reports. */
  readonly name: string
  /** Resolves once it serves again. */
  start(): Promise<void>
  /** As by a crash: nothing is written any more. */
  kill(): Promise<void>
  /** As by an operator. */
  stop(): Promise<void>
  /** It stands still, all its connections open, for at most `forMs` even when nobody resumes it. */
  pause?(forMs: number): Promise<void>
  resume?(): Promise<void>
  /** As when the machine loses power: what was not flushed is gone. It is down afterwards. */
  powerCut?(): Promise<void>
  /** Fills its disk but for `leave` bytes; what it returns gives the room back. */
  fillDisk?(leave: number): Promise<() => Promise<void>>
  /** Stops it for good and removes what it left. */
  close(): Promise<void>
}
