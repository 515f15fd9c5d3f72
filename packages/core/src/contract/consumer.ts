import type { Abortable, Failure } from './failure.ts'
import type { Delivery, Settlement } from './message.ts'

export interface ConsumeOptions extends Abortable {
  /** How long a delivery belongs to this consumer without `extend`. At least `supports.clockMs`. */
  readonly leaseMs: number
  /** Most deliveries this consumer will hold unsettled at once: the size of a push broker's window. */
  readonly prefetch: number
}

export interface ReceiveOptions extends Abortable {
  /** How long to wait for the first delivery; 0 (default) = do not wait. Never waits to fill the batch. */
  readonly waitMs?: number | undefined
}

/**
 * One consumer of one queue. At most one `receive` is outstanding; `settle` and `extend` may run beside it.
 * Leaving an `await using` scope gives back what is unsettled.
 */
export interface Consumer extends AsyncDisposable {
  /**
   * Up to `max` deliveries, `[]` when none came within `waitMs`. Demand is the backpressure: an adapter
   * holds no more than was asked for. Keeps a client-side deadline beyond the server's, so that a dead
   * connection rejects with CONNECTION_LOST instead of hanging.
   * An abort rejects with `signal.reason` and strands nothing: what arrives afterwards is released.
   */
  receive(max: number, options?: ReceiveOptions): Promise<readonly Delivery[]>

  /** Decides the fate of deliveries. LEASE_LOST for a receipt that is no longer ours, where the lease is fenced. */
  settle(settlements: readonly Settlement[]): Promise<readonly Failure[]>

  /** Each named lease now ends `leaseMs` from now. LEASE_LOST as in `settle`. No effect when leases are not renewable. */
  extend(receipts: readonly string[], leaseMs: number): Promise<readonly Failure[]>

  /** Idempotent. What is unsettled goes back at once. An outstanding `receive` resolves with `[]`. */
  close(): Promise<void>
}
