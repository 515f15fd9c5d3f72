import type { Headers } from '../contract/message.ts'
import { QueueError } from '../errors.ts'
import { directive } from '../task/directive.ts'
import { parseDuration } from '../task/duration.ts'
import { enqueuedAtOf } from '../task/envelope.ts'
import type { EventPublisher } from '../task/event-publisher.ts'
import type { Parts } from '../task/parts.ts'
import { encodeResultValue } from '../task/result-value.ts'
import type { LogLine } from '../task/result-value.ts'
import type { TaskContext, TaskLogger } from '../task/task-context.ts'
import type { HeldTask } from './held-task.ts'
import { show } from '../task/show.ts'

export interface TaskRunHost {
  readonly parts: Parts
  readonly events: EventPublisher
  readonly workerId: string
}

const PROGRESS_EVERY_MS = 250
const LOG_LINES = 100
const LOG_LINE_CHARS = 1000
const PROGRESS_TTL_MS = 86_400_000

/** The context of one run. */
export class TaskRun implements TaskContext {
  readonly #held: HeldTask
  readonly #host: TaskRunHost
  #logs: LogLine[] | undefined
  #log: TaskLogger | undefined
  #lastProgressAt = -Infinity

  constructor(held: HeldTask, host: TaskRunHost) {
    this.#held = held
    this.#host = host
  }

  get id(): string {
    return this.#held.id
  }
  get task(): string {
    return this.#held.envelope.task
  }
  get queue(): string {
    return this.#held.source.queue
  }
  get attempt(): number {
    return this.#held.envelope.attempt
  }
  get deliveries(): number {
    return this.#held.delivery.deliveries
  }
  get enqueuedAt(): number | undefined {
    return enqueuedAtOf(this.id, this.#held.envelope)
  }
  get priority(): number {
    return this.#held.delivery.message.priority
  }
  get headers(): Headers {
    return this.#held.delivery.message.headers
  }
  get rootId(): string {
    return this.#held.envelope.rootId ?? this.id
  }
  get parentId(): string | undefined {
    return this.#held.envelope.parentId
  }
  get worker(): string {
    return this.#host.workerId
  }
  get signal(): AbortSignal {
    return this.#held.signal
  }
  /** The last hundred lines, kept with the result. */
  get logs(): readonly LogLine[] | undefined {
    return this.#logs
  }

  get log(): TaskLogger {
    this.#log ??= {
      debug: (message) => this.#write('debug', message),
      info: (message) => this.#write('info', message),
      warn: (message) => this.#write('warn', message),
      error: (message) => this.#write('error', message),
    }
    return this.#log
  }

  // Getters that hand out functions: a context may be taken apart, and what nobody asks for costs nothing.

  get progress(): TaskContext['progress'] {
    return (value, note) => this.#report(value, note)
  }

  get retry(): TaskContext['retry'] {
    return ({ delay, reason } = {}) => {
      const delayMs =
        delay === undefined ? undefined : parseDuration(delay, `Task "${this.task}": retry delay`)
      return directive('retry', delayMs, reason)
    }
  }

  get postpone(): TaskContext['postpone'] {
    return (delay) => directive('postpone', parseDuration(delay, `Task "${this.task}": postpone`), undefined)
  }

  get discard(): TaskContext['discard'] {
    return (reason) => directive('discard', undefined, reason)
  }

  async #report(value: number, note: string | undefined): Promise<void> {
    if (!(value >= 0 && value <= 1))
      throw new QueueError('INVALID', `Task "${this.task}": progress goes from 0 to 1, not ${show(value)}.`)
    const { parts, events } = this.#host
    const now = parts.runtime.monotonic()
    if (now - this.#lastProgressAt < PROGRESS_EVERY_MS && value < 1) return
    this.#lastProgressAt = now
    const shown = { progress: value, ...(note !== undefined && { note: line(note) }) }
    if (events.wanted)
      events.emit({ type: 'task.progress', id: this.id, task: this.task, queue: this.queue, ...shown })
    if (parts.results === undefined || this.#held.lost) return
    const facts = {
      task: this.task,
      attempt: this.attempt,
      startedAt: this.#held.startedAt,
      worker: this.worker,
      ...shown,
    }
    await parts.results.put([
      { id: this.id, state: 'running', value: encodeResultValue(facts), ttlMs: PROGRESS_TTL_MS },
    ])
  }

  #write(level: LogLine['level'], message: string): void {
    const entry = { at: this.#host.parts.runtime.now(), level, message: line(message) }
    this.#logs ??= []
    this.#logs.push(entry)
    if (this.#logs.length > LOG_LINES) this.#logs.shift()
    const { events } = this.#host
    if (events.wanted)
      events.emit({
        type: 'task.log',
        id: this.id,
        task: this.task,
        queue: this.queue,
        note: `${level}: ${entry.message}`,
      })
  }
}

/** Bounded, and text even when plain JavaScript passed something else: a log line must not fail its task. */
function line(text: string): string {
  return (typeof text === 'string' ? text : show(text)).slice(0, LOG_LINE_CHARS)
}
