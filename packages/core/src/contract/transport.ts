import type { Broker } from './broker.ts'
import type { Channel } from './channel.ts'
import type { Abortable } from './failure.ts'
import type { ResultBackend } from './result-backend.ts'

/** What `redis()`, `sqlite()` and their like return: the parts a store can play, on shared connections. */
export interface Transport {
  readonly broker: Broker
  readonly results?: ResultBackend | undefined
  readonly channel?: Channel | undefined
  /** What the server's settings really give, for `bananas doctor`. */
  diagnose?(options?: Abortable): Promise<readonly Diagnosis[]>
  /**
   * How to make the same transport in another thread: core keeps leases alive from there while a handler
   * blocks the event loop. Absent when a transport cannot be rebuilt (a client was handed in).
   */
  readonly origin?: TransportOrigin | undefined
}

export interface TransportOrigin {
  /** Module to import, as a `file:` URL or package specifier. */
  readonly module: string
  /** Name of the exported factory. */
  readonly factory: string
  /** Structured-cloneable arguments of the factory. */
  readonly args: readonly unknown[]
}

export interface Diagnosis {
  /** Short name of what was looked at, e.g. `server version`. */
  readonly check: string
  readonly level: 'ok' | 'warning' | 'error'
  /** What was found. */
  readonly found: string
  /** What to do about it; absent when all is well. */
  readonly fix?: string | undefined
}
