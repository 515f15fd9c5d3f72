import type { ResultRecord } from '../contract/result-backend.ts'
import { releaseUnique, uniqueHolder } from '../emulation/unique-by-swap.ts'
import { QueueError } from '../errors.ts'
import type { Task } from '../task/define-task.ts'
import { isDirective } from '../task/directive.ts'
import type { Directive } from '../task/directive.ts'
import { errorRecord } from '../task/error-record.ts'
import type { TaskEventType } from '../task/events.ts'
import { serializerFor } from '../task/parts.ts'
import type { TaskContext } from '../task/task-context.ts'
import { validate } from '../task/validate.ts'
import { deathReason, isWorthRetrying, safeDelayMs, timedOut } from './failure-policy.ts'
import type { HeldTask } from './held-task.ts'
import { pluginOnion } from './plugin-onion.ts'
import type { Onion } from './plugin-onion.ts'
import { recordOf } from './record-of.ts'
import { runHandler } from './run-handler.ts'
import { deadSettlement, postponeSettlement, retrySettlement } from './settlements.ts'
import type { Ending } from './settle-batcher.ts'
import { TaskRun } from './task-run.ts'
import type { TaskRunHost } from './task-run.ts'

export interface Registration {
  readonly task: Task<unknown, unknown, unknown>
  readonly handler: (input: unknown, context: TaskContext) => unknown
}

export interface ExecutorOptions extends TaskRunHost {
  readonly handlers: ReadonlyMap<string, Registration>
  readonly onZombie: (ended: Promise<unknown>) => void
}

/** Runs one held task to its ending. Never rejects: whatever a handler does becomes an ending. */
export class Executor {
  readonly #options: ExecutorOptions
  readonly #onion: Onion | undefined

  constructor(options: ExecutorOptions) {
    this.#options = options
    this.#onion = pluginOnion(options.parts.plugins)
  }

  async run(held: HeldTask): Promise<Ending | undefined> {
    const registration = this.#options.handlers.get(held.envelope.task)!
    const run = new TaskRun(held, this.#options)
    try {
      if (held.envelope.unique !== undefined && (await this.#superseded(held))) return this.#superseding(held)
      held.startedAt = this.#options.parts.runtime.now()
      this.#emit('task.started', held)
      const value = await this.#call(registration, held, run)
      const ending = this.#ended(registration, held, run, value)
      // Most tasks have nothing more to wait for, and each await costs a turn of the microtask queue.
      return ending instanceof Promise ? await ending : ending
    } catch (error) {
      if (held.abortReason !== undefined && held.abortReason.code !== 'TASK_TIMEOUT')
        return this.#aborted(held)
      return this.#failed(registration, held, run, timedOut(held, error) ?? error)
    }
  }

  #ended(
    registration: Registration,
    held: HeldTask,
    run: TaskRun,
    value: unknown,
  ): Promise<Ending> | Ending | undefined {
    if (held.abortReason !== undefined && held.abortReason.code !== 'TASK_TIMEOUT') return this.#aborted(held)
    if (isDirective(value)) return this.#steered(registration, held, run, value)
    if (registration.task.outputSchema === undefined && held.envelope.unique === undefined)
      return this.#success(registration, held, run, value)
    return this.#succeeded(registration, held, run, value)
  }

  #call(registration: Registration, held: HeldTask, run: TaskRun): unknown {
    if (this.#onion === undefined) return this.#read(registration, held, run)
    return this.#onion(run, async (instead) => this.#read(registration, held, run, instead))
  }

  // oxlint-disable-next-line max-params -- a call is a handler, its task, its context and perhaps another input
  #read(
    registration: Registration,
    held: HeldTask,
    run: TaskRun,
    instead?: { readonly input: unknown },
  ): unknown {
    const { parts } = this.#options
    const { inputSchema, name } = registration.task
    const input =
      instead === undefined
        ? serializerFor(parts, held.envelope.contentType).decode(held.delivery.message.body)
        : instead.input
    if (inputSchema === undefined) return this.#handle(registration, held, run, input)
    return validate(inputSchema, input, `The input of task "${name}"`).then((checked) =>
      this.#handle(registration, held, run, checked),
    )
  }

  // oxlint-disable-next-line max-params -- a call is a handler, its task, its context and its input
  #handle({ task, handler }: Registration, held: HeldTask, run: TaskRun, input: unknown): unknown {
    const { parts, onZombie } = this.#options
    const softMs = held.envelope.timeoutMs ?? task.timeoutMs
    const hardMs = held.envelope.hardTimeoutMs
    const call = (): unknown => handler(input, run)
    if (softMs === undefined && hardMs === undefined) return call()
    return runHandler({ runtime: parts.runtime, onZombie }, held, { softMs, hardMs }, call)
  }

  async #succeeded(
    registration: Registration,
    held: HeldTask,
    run: TaskRun,
    value: unknown,
  ): Promise<Ending> {
    const { name, outputSchema } = registration.task
    const output =
      outputSchema === undefined ? value : await validate(outputSchema, value, `The result of task "${name}"`)
    const ending = this.#success(registration, held, run, output) // throws for what cannot be stored: the key stays held
    await this.#freeUnique(held)
    return ending
  }

  #success({ task }: Registration, held: HeldTask, run: TaskRun, output: unknown): Ending {
    const ignored = held.envelope.ignoreResult ?? task.ignoreResult
    const body = ignored ? undefined : this.#options.parts.serializer.encode(output)
    this.#emit('task.succeeded', held)
    const record =
      body === undefined
        ? undefined
        : recordOf(this.#options, held, { run, state: 'succeeded', facts: {}, body })
    return {
      task: held,
      settlement: { receipt: held.delivery.receipt, as: 'ack' },
      record,
      outcome: { state: 'succeeded', output },
    }
  }

  #steered(
    registration: Registration,
    held: HeldTask,
    run: TaskRun,
    value: Directive,
  ): Promise<Ending> | Ending {
    const { parts } = this.#options
    if (value.kind === 'postpone') {
      this.#emit('task.retried', held, { delayMs: value.delayMs! })
      return { task: held, settlement: postponeSettlement(parts, held, value.delayMs!), record: undefined }
    }
    const error = new QueueError(
      'TASK_FAILED',
      value.reason ??
        `The handler of "${held.envelope.task}" asked for ${value.kind === 'retry' ? 'a retry' : 'an end'}.`,
    )
    return this.#failed(registration, held, run, error, value)
  }

  // oxlint-disable-next-line max-params -- the directive is the one optional part of a failure
  async #failed(
    { task }: Registration,
    held: HeldTask,
    run: TaskRun,
    error: unknown,
    steer?: Directive,
  ): Promise<Ending> {
    const { parts } = this.#options
    const limit = held.envelope.retryLimit ?? task.retry.limit
    const { attempt } = held.envelope
    this.#emit('task.failed', held, { error: errorRecord(error) })
    if (attempt <= limit && steer?.kind !== 'discard' && isWorthRetrying(error)) {
      const delayMs = steer?.delayMs ?? safeDelayMs(task, attempt, error, parts.runtime.random())
      this.#emit('task.retried', held, { delayMs })
      return {
        task: held,
        settlement: retrySettlement(parts, held, delayMs),
        record: undefined,
        cause: error,
      }
    }
    return this.dead(held, deathReason(attempt, error, steer), error, run)
  }

  /** The end of a task that will not be tried again. */
  async dead(held: HeldTask, reason: string, error: unknown, run?: TaskRun): Promise<Ending> {
    await this.#freeUnique(held)
    const kept = errorRecord(error)
    this.#emit('task.dead', held, { reason, error: kept })
    const record = this.#ignores(held)
      ? undefined
      : recordOf(this.#options, held, { run, state: 'failed', facts: { error: kept, reason } })
    return {
      task: held,
      settlement: deadSettlement(held, reason.slice(0, 1000), error),
      record,
      outcome: { state: 'failed', error: kept },
    }
  }

  /** Ended unstarted because its time had passed. */
  async expired(held: HeldTask): Promise<Ending> {
    await this.#freeUnique(held)
    this.#emit('task.expired', held)
    const record = this.#ignores(held)
      ? undefined
      : recordOf(this.#options, held, { state: 'expired', facts: {} })
    return acknowledged(held, 'expired', record)
  }

  /** Ended because somebody revoked it; the final state was written by the one who did. */
  async revoked(held: HeldTask): Promise<Ending> {
    await this.#freeUnique(held)
    this.#emit('task.revoked', held)
    return acknowledged(held, 'cancelled')
  }

  #aborted(held: HeldTask): Promise<Ending> | Ending | undefined {
    if (held.lost) return undefined
    if (held.abortReason?.code === 'TASK_CANCELLED') return this.revoked(held)
    // Stopping: given back, no attempt spent.
    return { task: held, settlement: { receipt: held.delivery.receipt, as: 'release' }, record: undefined }
  }

  #superseding(held: HeldTask): Ending {
    this.#emit('task.revoked', held, { reason: 'replaced by a newer task with the same unique key' })
    const record = this.#ignores(held)
      ? undefined
      : recordOf(this.#options, held, {
          state: 'cancelled',
          facts: { reason: 'replaced by a newer task with the same unique key' },
        })
    return acknowledged(held, 'cancelled', record)
  }

  /** True when a newer task took the unique key over before this one started. Frees keys that hold until the start. */
  async #superseded(held: HeldTask): Promise<boolean> {
    const { results } = this.#options.parts
    const { unique, uniqueUntil, attempt } = held.envelope
    if (results === undefined || unique === undefined || attempt > 1) return false
    const reading =
      uniqueUntil === 'started' ? releaseUnique(results, unique, held.id) : uniqueHolder(results, unique)
    // A backend that does not answer is not the task's failure: it runs, as when revocations cannot be seen.
    const holder = await reading.catch(() => held.id)
    return holder !== undefined && holder !== held.id
  }

  async #freeUnique(held: HeldTask): Promise<void> {
    const { results } = this.#options.parts
    const { unique, uniqueUntil } = held.envelope
    // The marker ends by itself; a backend that is down must not keep a finished task from being settled.
    if (results !== undefined && unique !== undefined && uniqueUntil === 'finished')
      await releaseUnique(results, unique, held.id).catch(() => {})
  }

  #ignores(held: HeldTask): boolean {
    return (
      held.envelope.ignoreResult ?? this.#options.handlers.get(held.envelope.task)?.task.ignoreResult ?? false
    )
  }

  #emit(
    type: TaskEventType,
    held: HeldTask,
    more?: { delayMs?: number; reason?: string; error?: ReturnType<typeof errorRecord> },
  ): void {
    const { events, parts } = this.#options
    if (!events.wanted) return
    const runMs =
      held.startedAt > 0 && type !== 'task.started'
        ? { runMs: parts.runtime.now() - held.startedAt }
        : undefined
    events.emit({
      type,
      id: held.id,
      task: held.envelope.shadow ?? held.envelope.task,
      queue: held.source.queue,
      attempt: held.envelope.attempt,
      ...runMs,
      ...more,
    })
  }
}

/** The end of a task that did not come to its handler's end. */
function acknowledged(held: HeldTask, state: 'cancelled' | 'expired', record?: ResultRecord): Ending {
  return { task: held, settlement: { receipt: held.delivery.receipt, as: 'ack' }, record, outcome: { state } }
}
