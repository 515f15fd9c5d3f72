/** What one argument of a command may be. */
export type Argument = string | Buffer | number

/**
 * The part of ioredis that is used here, for a single server, Sentinel and Cluster alike. A `Redis` or `Cluster` of
 * ioredis 5 or 6 fits.
 */
export interface RedisDriver {
  readonly status: string
  connect(): Promise<void>
  disconnect(reconnect?: boolean): void
  /** A new client with the same settings, for commands that block and for subscriptions. */
  duplicate(): RedisDriver
  callBuffer(command: string, args: Argument[]): Promise<unknown>
  subscribe(...topics: string[]): Promise<unknown>
  unsubscribe(...topics: string[]): Promise<unknown>
  // oxlint-disable-next-line typescript/no-explicit-any -- each event has arguments of its own
  on(event: string, listener: (...args: any[]) => void): unknown
  // oxlint-disable-next-line typescript/no-explicit-any -- see above
  off(event: string, listener: (...args: any[]) => void): unknown
}
