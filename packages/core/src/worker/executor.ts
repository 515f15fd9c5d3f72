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

/** A task whose handler was called. */
interface Started {
  readonly registration: Registration
  readonly held: HeldTask
  readonly run: TaskRun
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

  run(held: HeldTask): Promise<Ending | undefined> | Ending | undefined {
    if (held.envelope.unique === undefined) return this.#start(held)
    return this.#superseded(held).then((newer) => (newer ? this.#superseding(held) : this.#start(held)))
  }

  /** What has nothing to wait for ends at once: the promises would take longer than a short handler does. */
  #start(held: HeldTask): Promise<Ending | undefined> | Ending | undefined {
    const registration = this.#options.handlers.get(held.envelope.task)!
    const one = { registration, held, run: new TaskRun(held, this.#options) }
    try {
      held.startedAt = this.#options.parts.runtime.now()
      this.#emit('task.started', held)
      const value = this.#call(one)
      return isPlain(value) && isSimple(one) ? this.#ended(one, value) : this.#wait(one, value)
    } catch (error) {
      return this.#broken(one, error)
    }
  }

  async #wait(one: Started, returned: unknown): Promise<Ending | undefined> {
    try {
      return await this.#ended(one, await returned)
    } catch (error) {
      return this.#broken(one, error)
    }
  }

  #broken(one: Started, error: unknown): Promise<Ending> | Ending | undefined {
    if (isAborted(one.held)) return this.#aborted(one.held)
    return this.#failed(one, timedOut(one.held, error) ?? error)
  }

  #ended(one: Started, value: unknown): Promise<Ending> | Ending | undefined {
    if (isAborted(one.held)) return this.#aborted(one.held)
    if (isDirective(value)) return this.#steered(one, value)
    return isSimple(one) ? this.#success(one, value) : this.#succeeded(one, value)
  }

  #call(one: Started): unknown {
    if (this.#onion === undefined) return this.#read(one)
    return this.#onion(one.run, async (instead) => this.#read(one, instead))
  }

  #read(one: Started, instead?: { readonly input: unknown }): unknown {
    const { parts } = this.#options
    const { registration, held } = one
    const { inputSchema, name } = registration.task
    const input =
      instead === undefined
        ? serializerFor(parts, held.envelope.contentType).decode(held.delivery.message.body)
        : instead.input
    if (inputSchema === undefined) return this.#handle(one, input)
    return validate(inputSchema, input, `The input of task "${name}"`).then((checked) =>
      this.#handle(one, checked),
    )
  }

  #handle({ registration, held, run }: Started, input: unknown): unknown {
    const { parts, onZombie } = this.#options
    const { task, handler } = registration
    const softMs = held.envelope.timeoutMs ?? task.timeoutMs
    const hardMs = held.envelope.hardTimeoutMs
    const call = (): unknown => handler(input, run)
    if (softMs === undefined && hardMs === undefined) return call()
    return runHandler({ runtime: parts.runtime, onZombie }, held, { softMs, hardMs }, call)
  }

  async #succeeded(one: Started, value: unknown): Promise<Ending> {
    const { name, outputSchema } = one.registration.task
    const output =
      outputSchema === undefined ? value : await validate(outputSchema, value, `The result of task "${name}"`)
    const ending = this.#success(one, output) // throws for what cannot be stored: the key stays held
    await this.#freeUnique(one.held)
    return ending
  }

  #success({ registration, held, run }: Started, output: unknown): Ending {
    const ignored = held.envelope.ignoreResult ?? registration.task.ignoreResult
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

  #steered(one: Started, value: Directive): Promise<Ending> | Ending {
    const { parts } = this.#options
    const { held } = one
    if (value.kind === 'postpone') {
      this.#emit('task.retried', held, { delayMs: value.delayMs! })
      return { task: held, settlement: postponeSettlement(parts, held, value.delayMs!), record: undefined }
    }
    const error = new QueueError(
      'TASK_FAILED',
      value.reason ??
        `The handler of "${held.envelope.task}" asked for ${value.kind === 'retry' ? 'a retry' : 'an end'}.`,
    )
    return this.#failed(one, error, value)
  }

  async #failed({ registration, held, run }: Started, error: unknown, steer?: Directive): Promise<Ending> {
    const { parts } = this.#options
    const { task } = registration
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
    const record = this.#recordOf(held, { run, state: 'failed', facts: { error: kept, reason } })
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
    const record = this.#recordOf(held, { state: 'expired', facts: {} })
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
    const reason = 'replaced by a newer task with the same unique key'
    this.#emit('task.revoked', held, { reason })
    const record = this.#recordOf(held, {
      state: 'cancelled',
      facts: { reason },
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

  /** `undefined` where nobody wants the result of the task. */
  #recordOf(held: HeldTask, outcome: Parameters<typeof recordOf>[2]): ResultRecord | undefined {
    const task = this.#options.handlers.get(held.envelope.task)?.task
    const ignored = held.envelope.ignoreResult ?? task?.ignoreResult ?? false
    return ignored ? undefined : recordOf(this.#options, held, outcome)
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

/** Asked to end, for another reason than its time limit. */
function isAborted({ abortReason }: HeldTask): boolean {
  return abortReason !== undefined && abortReason.code !== 'TASK_TIMEOUT'
}

/** With nothing to do after its handler that takes time. */
function isSimple({ registration, held }: Started): boolean {
  return registration.task.outputSchema === undefined && held.envelope.unique === undefined
}

/** Neither to be waited for nor a word to the worker. */
function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value !== 'function'
  return !isDirective(value) && typeof (value as { then?: unknown }).then !== 'function'
}
