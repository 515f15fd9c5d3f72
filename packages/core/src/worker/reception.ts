import type { Delivery } from '../contract/message.ts'
import type { EventPublisher } from '../task/event-publisher.ts'
import { HEADER } from '../task/envelope.ts'
import type { HeldTask } from './held-task.ts'
import type { Admissions, Intake, Unfit } from './intake.ts'
import type { LeaseKeeper } from './lease-keeper.ts'
import type { PrefetchWindow } from './prefetch-window.ts'
import type { RevocationWatch } from './revocation-watch.ts'
import type { SettleBatcher } from './settle-batcher.ts'
import type { Source } from './source.ts'
import type { TaskPool } from './task-pool.ts'

export interface ReceptionOptions {
  readonly intake: Intake
  readonly leases: LeaseKeeper
  readonly batcher: SettleBatcher
  readonly pool: TaskPool
  readonly revocations: RevocationWatch
  readonly events: EventPublisher
  /** `undefined`: never fetch ahead. */
  readonly window: PrefetchWindow | undefined
  readonly maxBatch: number
  /** The task is out of our hands: there may be room for another. */
  readonly onGone: (task: HeldTask) => void
}

/** Unsettled deliveries allowed beyond the running and waiting ones, while their settlements are on the way. */
export const SETTLING = 2000

/** Between the broker and the pool: says how much there is room for, and takes in what comes. */
export class Reception {
  readonly #options: ReceptionOptions
  #admitting = 0

  constructor(options: ReceptionOptions) {
    this.#options = options
  }

  /** Deliveries there is room for. With a window open, in halves, so that one half is fetched while the other runs. */
  room(): number {
    const { pool, leases, window, maxBatch } = this.#options
    const { concurrency, active, waiting } = pool
    const extra = window?.extra(concurrency) ?? 0
    const room = Math.min(
      concurrency + extra - active - waiting - this.#admitting,
      concurrency + SETTLING - leases.size,
      maxBatch,
    )
    return extra === 0 ? room : Math.min(room, Math.ceil((concurrency + extra) / 2))
  }

  accept(source: Source, deliveries: readonly Delivery[]): void {
    const { revocations, intake, events } = this.#options
    if (events.wanted)
      for (const { message } of deliveries)
        events.emit({
          type: 'task.received',
          id: message.id,
          task: message.headers[HEADER.task] ?? '',
          queue: source.queue,
        })
    const revoked = revocations.check(deliveries)
    if (revoked === undefined) return this.#take(intake.admit(source, deliveries), source)
    this.#admitting += deliveries.length
    void revoked.then((ids) => {
      this.#admitting -= deliveries.length
      this.#take(intake.admit(source, deliveries, ids), source)
    })
  }

  #take({ fit, unfit }: Admissions, source: Source): void {
    const { leases, pool } = this.#options
    for (const task of fit) leases.add(task)
    pool.add(fit)
    if (unfit.length === 0) return
    for (const { task } of unfit) leases.add(task)
    void this.#end(unfit, source)
  }

  /**
   * A task that ends unrun stores its result and gives up its unique key at once. Its delivery may have come late, when
   * another worker runs the task already: so the lease is extended first, which only its holder can.
   */
  async #end(unfit: readonly Unfit[], source: Source): Promise<void> {
    const { leases, batcher, onGone } = this.#options
    await leases.confirm(
      source,
      unfit.map(({ task }) => task),
    )
    for (const { task, verdict } of unfit) {
      if (task.lost) onGone(task)
      else void this.#settle(batcher, verdict)
    }
  }

  async #settle(batcher: SettleBatcher, verdict: Unfit['verdict']): Promise<void> {
    batcher.add(await verdict())
  }
}
