import type { Bananas } from '@bananasjs/core'
import { openTasks } from '../history/open-tasks.ts'
import type { CustomProbe, ProbeName, StopCondition } from './experiment.ts'
import { monotonicMs } from './facts.ts'
import type { Ledger } from './ledger.ts'
import { describeExpectation, latencyMeasures, withinBounds } from './measures.ts'
import { WORK_QUEUE } from './work.ts'

const WINDOW_MS = 10_000

/** What a queue looked like at one moment. */
export interface Sample {
  /** Monotonic ms. */
  readonly at: number
  /** `undefined` when the broker did not answer. */
  readonly depth: number | undefined
  /** Age of the oldest unfinished task. */
  readonly ageMs: number
}

/** Watches a run while it goes on. */
export class LiveView {
  readonly samples: Sample[] = []
  readonly #ledger: Ledger
  readonly #observer: Bananas
  #asking: Promise<void> | undefined

  constructor(ledger: Ledger, observer: Bananas) {
    this.#ledger = ledger
    this.#observer = observer
  }

  /** Looks at the queue. One question at a time: a broker that does not answer is not asked again meanwhile. */
  sample(): void {
    const at = monotonicMs()
    const { oldestOpenAt } = this.#ledger
    const ageMs = oldestOpenAt === undefined ? 0 : at - oldestOpenAt
    if (this.#asking !== undefined || this.#observer.broker.supports.inspect !== 'counts') {
      this.samples.push({ at, ageMs, depth: undefined })
      return
    }
    this.#asking = this.#observer.queues
      .inspect(WORK_QUEUE)
      .then((counts) => void this.samples.push({ at, ageMs, depth: openTasks(counts) }))
      .catch(() => void this.samples.push({ at, ageMs, depth: undefined }))
      .finally(() => (this.#asking = undefined))
  }

  /** The first condition that is met now, in words; `undefined` when all is well. */
  async firstMet(conditions: readonly StopCondition[]): Promise<string | undefined> {
    for (const condition of conditions) {
      const { probe } = condition
      try {
        const value = typeof probe === 'string' ? this.measure(probe) : await answerOf(probe)
        if (value !== undefined && withinBounds(condition, value))
          return `${describeExpectation(condition)}: it is ${Math.round(value * 1000) / 1000}`
      } catch (error) {
        // Without data nobody knows what the faults do.
        return `${typeof probe === 'string' ? probe : probe.name} gave no answer: ${error instanceof Error ? error.message : String(error)}`
      }
    }
    return undefined
  }

  /** `undefined` for what is only known at the end. */
  measure(probe: ProbeName): number | undefined {
    return this.#measures()[probe]?.()
  }

  #measures(): Readonly<Partial<Record<ProbeName, () => number | undefined>>> {
    const now = monotonicMs()
    const { ended, failed } = this.#ledger.endingsSince(now - WINDOW_MS)
    const { oldestOpenAt } = this.#ledger
    return {
      'error-rate': () => (ended === 0 ? undefined : failed / ended),
      throughput: () => ((ended - failed) * 1000) / WINDOW_MS,
      'queue-depth': () => this.samples.findLast(({ depth }) => depth !== undefined)?.depth,
      'queue-age': () => (oldestOpenAt === undefined ? 0 : now - oldestOpenAt),
      'latency-p50': () => latencyMeasures(this.#recentLatencies(now))['latency-p50'],
      'latency-p99': () => latencyMeasures(this.#recentLatencies(now))['latency-p99'],
      'success-rate': () => this.#successRate(),
    }
  }

  #recentLatencies(now: number): Float64Array {
    const recent = this.#ledger.entries.filter(
      ({ doneAt }) => doneAt !== undefined && doneAt > now - WINDOW_MS,
    )
    return Float64Array.from(recent, ({ doneAt, sentAt }) => doneAt! - sentAt).sort()
  }

  /** Of those that have ended, one way or the other. */
  #successRate(): number | undefined {
    const { done, dead } = this.#ledger.counts('fault')
    return done + dead === 0 ? undefined : done / (done + dead)
  }
}

async function answerOf(probe: CustomProbe): Promise<number> {
  const value = await probe.measure()
  if (typeof value !== 'number' || Number.isNaN(value)) throw new TypeError(`it answered ${String(value)}`)
  return value
}
