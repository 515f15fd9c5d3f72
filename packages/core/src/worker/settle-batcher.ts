import type { Failure } from '../contract/failure.ts'
import type { Settlement } from '../contract/message.ts'
import type { ResultBackend, ResultRecord } from '../contract/result-backend.ts'
import { QueueError } from '../errors.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { sleep } from '../runtime/sleep.ts'
import { errorRecord } from '../task/error-record.ts'
import type { EndedTask } from '../task/plugin.ts'
import { encodeResultValue } from '../task/result-value.ts'
import type { HeldTask } from './held-task.ts'
import type { Source } from './source.ts'

export interface Ending {
  readonly task: HeldTask
  readonly settlement: Settlement
  readonly record: ResultRecord | undefined
  /** Absent while the task goes on: given back, or to be tried again. */
  readonly outcome?: Outcome
  /** Why it is to be tried again. */
  readonly cause?: unknown
}

export type Outcome = Pick<EndedTask, 'state'> & Partial<Pick<EndedTask, 'output' | 'error'>>

export interface SettleBatcherOptions {
  readonly runtime: Runtime
  readonly results: ResultBackend | undefined
  readonly maxBatch: number
  /** The task is out of our hands: settled, or lost. */
  readonly onGone: (task: HeldTask) => void
  readonly onError: (error: QueueError) => void
  /** The end of a task that cannot be tried again, because its message may not grow. */
  readonly giveUp: (ending: Ending, error: QueueError) => Promise<Ending>
  /** Between results and settlements, where a plugin wants to know of ends. */
  readonly finish: ((endings: readonly Ending[]) => Promise<readonly Failure[]>) | undefined
  /** Settlements have left: room for the next receive, in the same turn, so that an adapter can send both at once. */
  readonly onFlush: () => void
}

const FIRST_RETRY_MS = 50
const LONGEST_RETRY_MS = 2000

/**
 * Ends tasks in batches, one per turn of the event loop or as soon as nothing runs any more: results first, then the
 * settlement, so that a crash in between repeats a task instead of losing what it returned.
 */
export class SettleBatcher {
  readonly #options: SettleBatcherOptions
  readonly #committing = new Set<Promise<void>>()
  readonly #pending: Ending[] = []

  constructor(options: SettleBatcherOptions) {
    this.#options = options
  }

  add(ending: Ending): void {
    this.#pending.push(ending)
    if (this.#pending.length === 1) this.#options.runtime.nextTurn(() => this.flush())
  }

  /** Nobody is left to wait for: the broker works on these while the next are fetched. */
  flush(): void {
    if (this.#pending.length === 0) return
    const endings = this.#pending.splice(0)
    for (let at = 0; at < endings.length; at += this.#options.maxBatch) {
      const part =
        endings.length <= this.#options.maxBatch ? endings : endings.slice(at, at + this.#options.maxBatch)
      const commit = this.#commit(part).finally(() => this.#committing.delete(commit))
      this.#committing.add(commit)
    }
    this.#options.onFlush()
  }

  /** Resolves when everything added so far is out of our hands. */
  async drain(): Promise<void> {
    while (this.#pending.length > 0 || this.#committing.size > 0) {
      this.flush()
      await Promise.all(this.#committing)
    }
  }

  async #commit(endings: readonly Ending[]): Promise<void> {
    const { finish, onError, onGone } = this.#options
    const records = endings.flatMap((ending) => ending.record ?? [])
    const told = records.length === 0 ? endings : await this.#store(records, endings)
    const failures = finish && (await this.#persist(endings, () => finish(told)))
    if (failures?.length === 0 || finish === undefined) {
      await Promise.all([...bySource(endings)].map(([source, part]) => this.#settle(source, part)))
    } else {
      // Nobody may forget what follows from an end: nothing is settled, and the tasks come again.
      for (const { error } of failures ?? []) onError(error)
      for (const { task } of endings) onGone(task)
    }
  }

  /** Returns the endings as they are now: a task whose result was refused has failed, whatever its handler says. */
  async #store(records: readonly ResultRecord[], endings: readonly Ending[]): Promise<readonly Ending[]> {
    const failures = (await this.#persist(endings, () => this.#options.results!.put(records))) ?? []
    if (failures.length === 0) return endings
    for (const { error } of failures) this.#options.onError(error)
    const again = new Map(
      failures.map(({ index, error }) => [records[index], unstorable(records[index]!, error)]),
    )
    await this.#persist(endings, () => this.#options.results!.put([...again.values()]))
    return endings.map((ending) => (again.has(ending.record) ? { ...ending, outcome: REFUSED } : ending))
  }

  async #settle(source: Source, endings: readonly Ending[]): Promise<void> {
    const settlements = endings.map((ending) => ending.settlement)
    const failures = (await this.#persist(endings, () => source.consumer.settle(settlements))) ?? []
    const smaller = new Map<Ending, Ending>()
    for (const { index, error } of failures) {
      // LEASE_LOST: the task runs, or ran, elsewhere too. It is reported, not repaired: that would be the real error.
      this.#options.onError(error)
      const ending = endings[index]!
      const other = error.code === 'TOO_LARGE' ? await this.#smaller(ending, error) : undefined
      if (other !== undefined) smaller.set(ending, other)
    }
    for (const ending of endings) if (!smaller.has(ending)) this.#options.onGone(ending.task)
    for (const ending of smaller.values()) this.add(ending)
  }

  /** Another end for a message that fills the broker's limit: no mark of a retry and no error fits in beside it. */
  async #smaller(ending: Ending, error: QueueError): Promise<Ending | undefined> {
    const { settlement, task } = ending
    if (settlement.as === 'retry') return this.#options.giveUp(ending, error)
    if (settlement.as !== 'deadLetter' || settlement.headers === undefined) return undefined
    const { receipt, as, reason } = settlement
    return { task, settlement: { receipt, as, reason }, record: undefined }
  }

  /**
   * Tries until it works or no lease is left to defend: giving up early would repeat tasks that are done. `undefined`
   * when given up.
   */
  async #persist(
    endings: readonly Ending[],
    call: () => Promise<readonly Failure[]>,
  ): Promise<readonly Failure[] | undefined> {
    for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_RETRY_MS)) {
      try {
        return await call()
      } catch (cause) {
        const error = QueueError.is(cause)
          ? cause
          : new QueueError('CONNECTION_LOST', 'Settling failed.', { cause })
        this.#options.onError(error)
        const now = this.#options.runtime.monotonic()
        if (endings.every(({ task }) => task.lost || now >= task.leaseEndsAt)) return undefined
        await sleep(this.#options.runtime, waitMs)
      }
    }
  }
}

const REFUSED: Outcome = {
  state: 'failed',
  error: {
    name: 'QueueError',
    code: 'TOO_LARGE',
    message: 'The task ran, but its result could not be stored.',
  },
}

/** A result its backend refuses, for example as too large, is told as a failure: losing it in silence would be worse. */
function unstorable(record: ResultRecord, error: QueueError): ResultRecord {
  return {
    ...record,
    state: 'failed',
    value: encodeResultValue({
      error: errorRecord(error),
      reason: 'the task ran, but its result could not be stored',
    }),
  }
}

function bySource(endings: readonly Ending[]): ReadonlyMap<Source, readonly Ending[]> {
  const source = endings[0]!.task.source
  if (endings.every(({ task }) => task.source === source)) return new Map([[source, endings]])
  const groups = new Map<Source, Ending[]>()
  for (const ending of endings) {
    const group = groups.get(ending.task.source)
    if (group === undefined) groups.set(ending.task.source, [ending])
    else group.push(ending)
  }
  return groups
}
