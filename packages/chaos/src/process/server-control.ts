/** A broker that an experiment started and may hurt. What it cannot do is absent. */
export interface ServerControl {
  /** Shown in reports. */
  readonly name: string
  /** Resolves once it serves again. Needed by whatever takes it down. */
  start?(): Promise<void>
  /** As by a crash: nothing is written any more. */
  kill?(): Promise<void>
  /** As by an operator. */
  stop?(): Promise<void>
  /** It stands still, all its connections open, for at most `forMs` even when nobody resumes it. */
  pause?(forMs: number): Promise<void>
  resume?(): Promise<void>
  /** As when the machine loses power: what was not flushed is gone. It is down afterwards. */
  powerCut?(): Promise<void>
  /** Fills its disk but for `leave` bytes; what it returns gives the room back. */
  fillDisk?(leave: number): Promise<() => Promise<void>>
  /** Leaves it `leave` bytes of memory to fill with data; what it returns gives the room back. */
  fillMemory?(leave: number): Promise<() => Promise<void>>
  /** Another node takes over from the one that leads; resolves when it has. */
  failover?(): Promise<void>
  /** Stops it for good and removes what it left. */
  close(): Promise<void>
}
