import { QueueError } from '../errors.ts'
import type { Runtime, Timer } from '../runtime/runtime.ts'
import type { HeldTask } from './held-task.ts'
import type { LeaseThread } from './lease-thread.ts'
import type { Source } from './source.ts'

/**
 * Keeps leases alive from the moment of receipt, in batches: every third of a lease, whatever has less than two
 * thirds left is extended. Short tasks are settled before and never cost a call. A lease that could not be
 * extended in time, or is told lost, aborts its task.
 */
export class LeaseKeeper {
  /** In no order. Each knows its place, which costs a short task less than a map by receipts does. */
  readonly #held: HeldTask[] = []
  readonly #runtime: Runtime
  readonly #leaseMs: number
  readonly #lease: { readonly renewable: boolean; readonly maxMs: number }
  #timer: Timer | undefined
  #thread: LeaseThread | undefined
  #stopped = false

  constructor(
    runtime: Runtime,
    leaseMs: number,
    lease: { readonly renewable: boolean; readonly maxMs: number },
  ) {
    this.#runtime = runtime
    this.#leaseMs = leaseMs
    this.#lease = lease
  }

  get size(): number {
    return this.#held.length
  }

  add(task: HeldTask): void {
    task.place = this.#held.push(task) - 1
    this.#thread?.add(task)
    if (this.#lease.renewable && !this.#stopped)
      this.#timer ??= this.#runtime.setTimer(() => void this.#tick(), this.#leaseMs / 3, true)
  }

  remove(task: HeldTask): void {
    if (task.place < 0) return
    const last = this.#held.pop()!
    if (last !== task) {
      this.#held[task.place] = last
      last.place = task.place
    }
    task.place = -1
    this.#thread?.remove(task)
  }

  /** From now on leases also survive a blocked event loop. */
  backBy(thread: LeaseThread): void {
    this.#thread = thread
    if (this.#stopped) void thread.stop()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#timer?.cancel()
    await this.#thread?.stop()
  }

  /** Asks the broker whether these are ours still, and extends them; those that are not, or cannot be told to be, are lost. */
  async confirm(source: Source, tasks: readonly HeldTask[]): Promise<void> {
    if (!this.#lease.renewable) return
    if (await this.#extend(source, tasks)) return
    for (const task of tasks) task.abort(leaseLost(task, 'the broker could not be asked'))
  }

  async #tick(): Promise<void> {
    const bySource = new Map<Source, HeldTask[]>()
    for (const task of this.#held) {
      if (!task.lost && this.#isDue(task)) append(bySource, task.source, task)
    }
    await Promise.all([...bySource].map(([source, tasks]) => this.#extend(source, tasks)))
    this.#timer = undefined
    if (this.#held.length > 0 && !this.#stopped)
      this.#timer = this.#runtime.setTimer(() => void this.#tick(), this.#leaseMs / 3, true)
  }

  #isDue(task: HeldTask): boolean {
    const now = this.#runtime.monotonic()
    if (now - task.receivedAt + this.#leaseMs > this.#lease.maxMs) {
      task.abort(leaseLost(task, `the broker holds a delivery for at most ${this.#lease.maxMs} ms`))
      return false
    }
    return task.leaseEndsAt - now < (this.#leaseMs * 2) / 3
  }

  /** @returns whether the broker answered */
  async #extend(source: Source, tasks: readonly HeldTask[]): Promise<boolean> {
    const askedAt = this.#runtime.monotonic()
    try {
      const receipts = tasks.map((task) => task.delivery.receipt)
      const failures = await source.consumer.extend(receipts, this.#leaseMs)
      for (const task of tasks) task.leaseEndsAt = askedAt + this.#leaseMs
      for (const failure of failures)
        tasks[failure.index]!.abort(leaseLost(tasks[failure.index]!, failure.error.message))
      return true
    } catch {
      // The connection is being rebuilt. What runs out meanwhile is someone else's.
      const now = this.#runtime.monotonic()
      for (const task of tasks)
        if (now >= task.leaseEndsAt) task.abort(leaseLost(task, 'it could not be extended in time'))
      return false
    }
  }
}

function leaseLost(task: HeldTask, why: string): QueueError {
  return new QueueError(
    'LEASE_LOST',
    `Task "${task.envelope.task}" (${task.id}) lost its lease: ${why}. Another worker may run it.`,
  )
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}
