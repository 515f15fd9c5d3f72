import type { Runtime, Serializer, Transport } from '@bananasjs/core/contract'

/** What the kit needs to know of an adapter. What is judged is what its `supports` declare, nothing said here. */
export interface Harness {
  /** A new client on the *same* store each time, not yet opened. The kit opens and closes it. */
  create(): Transport | Promise<Transport>
  /** Cuts the connections of this client hard, as a network would; it may connect again. Adds the crash clauses. */
  crash?(transport: Transport): void | Promise<void>
  /** Runs once after the last clause. */
  after?(): void | Promise<void>
  /** Time and timers of the kit itself; virtual time where the adapter runs under it, too. Default: the system's. */
  readonly runtime?: Runtime | undefined
  /** Clauses under way at once. Default 24; 1 to see them one by one. */
  readonly concurrency?: number | undefined
  /** How long the kit waits for what must come, in ms. Default 30,000, and more where the broker's clock is coarse. */
  readonly graceMs?: number | undefined
  /** Only these clauses, e.g. `['LEASE-3']`. The environment variable BANANAS_CONFORMANCE_CLAUSES does the same. */
  readonly clauses?: readonly string[] | undefined
  /** What to write into the report beside the kit's and Node's own version, e.g. `{ server: '8.2.1' }`. */
  readonly versions?: Readonly<Record<string, string>> | undefined
  /** Directory for `<name>.json`. Default: the environment variable BANANAS_CONFORMANCE_REPORT; without either, no file. */
  readonly report?: string | undefined
}

/** What the kit needs to know of a serializer. */
export interface SerializerHarness extends Pick<Harness, 'clauses' | 'versions' | 'report'> {
  create(): Serializer
}
