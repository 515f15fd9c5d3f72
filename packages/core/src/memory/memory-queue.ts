import type { Headers, Message, QueueCounts, Runtime, Timer } from '../contract/index.ts'
import { ExpiringMap } from './memory-expiring-map.ts'
import { MemoryHeap } from './memory-heap.ts'

/** A message in the store. Its place in the line is `level`, then `seq`. */
export interface Stored {
  readonly message: Message
  readonly level: number
  readonly seq: number
  readonly dueAt: number
  readonly deliveries: number
}

/** One hand-over. `holder` is the set of everything its consumer holds. */
export interface Lease {
  readonly stored: Stored
  readonly receipt: string
  readonly startedAt: number
  readonly holder: Set<Lease>
}

export interface Letter {
  readonly stored: Stored
  readonly reason: string
  readonly deadAt: number
}

/**
 * One queue of a memory store, shared by all its clients: a line of ready messages, the delayed ones, the leases and
 * the dead letters. All synchronous, so every method is atomic. Times are on the runtime's monotonic clock.
 */
export class MemoryQueue {
  readonly letters: Map<number, Letter> = new Map()
  readonly #runtime: Runtime
  readonly #ready = new MemoryHeap<Stored>((a, b) => b.level - a.level || a.seq - b.seq)
  readonly #delayed = new MemoryHeap<Stored>((a, b) => a.dueAt - b.dueAt || a.seq - b.seq)
  readonly #leases: ExpiringMap<Lease>
  readonly #seen: ExpiringMap<true>
  readonly #waiters = new Set<() => void>()
  #timer: Timer | undefined
  #timerAt = Infinity
  #seq = 0

  constructor(runtime: Runtime) {
    this.#runtime = runtime
    this.#leases = new ExpiringMap(runtime, (lease) => this.#comeBack(lease))
    this.#seen = new ExpiringMap(runtime)
  }

  /** False for an id that was put in before, within `dedupeMs`. */
  firstTime(id: string, dedupeMs: number): boolean {
    if (this.#seen.get(id)) return false
    this.#seen.set(id, true, this.#runtime.monotonic() + dedupeMs)
    return true
  }

  /** At the end of the line of its level, or aside until `dueAt`. Call `serve` after the last of a batch. */
  put(
    message: Message,
    place: { readonly level: number; readonly dueAt: number; readonly deliveries: number },
  ): void {
    const stored = { message, ...place, seq: ++this.#seq }
    if (stored.dueAt <= this.#runtime.monotonic()) {
      this.#ready.push(stored)
    } else {
      this.#delayed.push(stored)
      this.#arm()
    }
  }

  /** Hands over up to `max` messages until `until`. */
  lease(max: number, until: number, holder: Set<Lease>): readonly Lease[] {
    this.#promote()
    const leases: Lease[] = []
    while (leases.length < max && this.#ready.size > 0) {
      const waiting = this.#ready.pop()!
      const stored = { ...waiting, deliveries: waiting.deliveries + 1 }
      // The sequence number is the fencing token: no two hand-overs share one.
      const lease = {
        stored,
        receipt: `${stored.seq}.${stored.deliveries}.${++this.#seq}`,
        startedAt: this.#runtime.monotonic(),
        holder,
      }
      this.#leases.set(lease.receipt, lease, until)
      holder.add(lease)
      leases.push(lease)
    }
    return leases
  }

  find(receipt: string): Lease | undefined {
    return this.#leases.get(receipt)
  }

  prolong(lease: Lease, until: number): void {
    this.#leases.set(lease.receipt, lease, until)
  }

  /** Ends the lease; the message is the caller's to place. */
  end(lease: Lease): void {
    this.#leases.delete(lease.receipt)
    lease.holder.delete(lease)
  }

  /** Back to its old place in the line. */
  release(lease: Lease, counted: boolean): void {
    this.end(lease)
    const { stored } = lease
    this.#ready.push(counted ? stored : { ...stored, deliveries: stored.deliveries - 1 })
  }

  retry(lease: Lease, headers: Headers, dueAt: number): void {
    this.end(lease)
    const { message, level, deliveries } = lease.stored
    this.put({ ...message, headers }, { level, dueAt, deliveries })
  }

  bury(lease: Lease, reason: string, headers: Headers): void {
    this.end(lease)
    const stored = { ...lease.stored, message: { ...lease.stored.message, headers } }
    this.letters.set(++this.#seq, { stored, reason, deadAt: this.#runtime.now() })
  }

  /** Runs `waiter` once there is something to lease, first come, first served; returns how to stop waiting. */
  wait(waiter: () => void): () => void {
    this.#waiters.add(waiter)
    return () => void this.#waiters.delete(waiter)
  }

  serve(): void {
    for (const waiter of this.#waiters) {
      if (this.#ready.size === 0) return
      this.#waiters.delete(waiter)
      waiter()
    }
  }

  counts(): QueueCounts {
    this.#promote()
    return {
      ready: this.#ready.size,
      delayed: this.#delayed.size,
      leased: this.#leases.size,
      dead: this.letters.size,
    }
  }

  peek(limit: number): readonly Message[] {
    this.#promote()
    return this.#ready.first(limit).map(({ message }) => message)
  }

  purge(): number {
    this.#promote()
    const count = this.#ready.size + this.#delayed.size
    this.#ready.clear()
    this.#delayed.clear()
    return count
  }

  #comeBack(lease: Lease): void {
    lease.holder.delete(lease)
    this.#ready.push(lease.stored)
    this.#runtime.nextTurn(() => this.serve())
  }

  #promote(): void {
    this.#leases.sweep()
    const now = this.#runtime.monotonic()
    // A place in the line from when it was due on, so that two that are due come in that order however late this runs.
    while ((this.#delayed.peek()?.dueAt ?? Infinity) <= now)
      this.#ready.push({ ...this.#delayed.pop()!, seq: ++this.#seq })
  }

  #arm(): void {
    const at = this.#delayed.peek()?.dueAt ?? Infinity
    if (at >= this.#timerAt) return
    this.#timer?.cancel()
    this.#timerAt = at
    this.#timer = this.#runtime.setTimer(() => this.#ring(), at - this.#runtime.monotonic(), true)
  }

  #ring(): void {
    this.#timerAt = Infinity
    this.#promote()
    this.serve()
    this.#arm()
  }
}
