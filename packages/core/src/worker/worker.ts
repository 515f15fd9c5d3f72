import { QueueError } from '../errors.ts'
import { hostname } from '../runtime/builtins.ts'
import { checkTask } from '../task/define-task.ts'
import type { Task } from '../task/define-task.ts'
import type { Directive } from '../task/directive.ts'
import { parseDuration } from '../task/duration.ts'
import type { Duration } from '../task/duration.ts'
import type { Parts } from '../task/parts.ts'
import { show } from '../task/show.ts'
import type { TaskContext } from '../task/task-context.ts'
import type { Registration } from './executor.ts'
import type { Operation } from './operation.ts'
import type { WorkerHealth, WorkerState } from './worker-health.ts'
import { checkConcurrency, workerSettings } from './worker-options.ts'
import type { WorkerOptions, WorkerSettings } from './worker-options.ts'

export type Handler<Parsed, Output> = (
  input: Parsed,
  context: TaskContext,
) => Output | Directive | Promise<Output | Directive>

/** Consumes queues and runs handlers. Create with `app.worker()`, add handlers, then `run()`. */
export class Worker implements AsyncDisposable {
  readonly id: string
  readonly #parts: Parts
  readonly #settings: WorkerSettings
  readonly #handlers = new Map<string, Registration>()
  readonly #pausedBefore = new Set<string>()
  #concurrency: number
  /** From `start` on. */
  #operation: Operation | undefined
  #state: WorkerState = 'new'
  #stopped: Promise<void> | undefined
  #endOfRun: (() => void) | undefined

  constructor(parts: Parts, options: WorkerOptions = {}) {
    const settings = workerSettings(options)
    this.id = options.id ?? `${hostname()}-${process.pid}-${parts.runtime.id().slice(-6)}`
    this.#parts = parts
    this.#settings = settings
    this.#concurrency = settings.concurrency
  }

  get queues(): readonly string[] {
    return this.#settings.queues.map(({ queue }) => queue)
  }

  get tasks(): readonly string[] {
    return [...this.#handlers.keys()]
  }

  get concurrency(): number {
    return this.#concurrency
  }

  /** Takes effect at once; when lowered, running handlers end as they would. @throws QueueError INVALID */
  set concurrency(value: number) {
    this.#concurrency = checkConcurrency(value)
    this.#operation?.setConcurrency(this.#concurrency)
  }

  /**
   * Says what runs a task. Handlers may be added while the worker runs.
   * @throws QueueError INVALID when the task has a handler already, or is no task, or the handler no function
   */
  handle<Input, Output, Parsed>(task: Task<Input, Output, Parsed>, handler: Handler<Parsed, Output>): this {
    checkTask(task, 'worker.handle')
    if (typeof handler !== 'function')
      throw new QueueError(
        'INVALID',
        `Task "${task.name}": its handler must be a function, not ${show(handler)}.`,
      )
    if (this.#handlers.has(task.name))
      throw new QueueError(
        'INVALID',
        `Task "${task.name}" has a handler on this worker already. Two tasks must not share a name.`,
      )
    this.#handlers.set(task.name, { task, handler: handler as Registration['handler'] })
    return this
  }

  /** Connects and begins to work; resolves once it does. @throws QueueError CONNECTION_LOST, DENIED, CLOSED */
  async start(): Promise<void> {
    if (this.#state !== 'new')
      throw new QueueError('CLOSED', `Worker ${this.id} was started before. Make a new one.`)
    this.#state = 'starting'
    await this.#parts.ready()
    const { Operation } = await import('./operation.ts')
    if (this.#ending) return
    const options = { parts: this.#parts, settings: this.#settings, worker: this, handlers: this.#handlers }
    const operation = new Operation(options)
    this.#operation = operation
    operation.setConcurrency(this.#concurrency)
    for (const queue of this.#pausedBefore) operation.setPaused(true, queue)
    await operation.prepare()
    if (this.#ending) return
    this.#state = 'running'
    operation.begin()
  }

  /** Starts, and resolves after a graceful stop: by SIGTERM or SIGINT (a second one hurries), `stop()` or a shutdown command. */
  async run(): Promise<void> {
    const onSignal = (): void => void this.stop(this.#state === 'stopping' ? { drain: 0 } : undefined)
    for (const signal of this.#settings.signals) process.on(signal, onSignal)
    // Keeps the process alive: a worker that waits has nothing but background timers and, in memory, no socket.
    const alive = setAlive(this.#parts)
    try {
      const ended = new Promise<void>((resolve) => (this.#endOfRun = resolve))
      if (this.#state === 'new') await this.start()
      if (this.#state !== 'stopped') await ended
      await this.#stopped
    } finally {
      alive.cancel()
      for (const signal of this.#settings.signals) process.off(signal, onSignal)
    }
  }

  /**
   * Stops taking tasks, gives back what has not started, waits up to `drain` for what runs, then aborts it and gives
   * it back without spending an attempt. Idempotent; a second call may only shorten the wait.
   */
  stop(options: { readonly drain?: Duration } = {}): Promise<void> {
    const drainMs =
      options.drain === undefined ? this.#settings.drainMs : parseDuration(options.drain, 'drain')
    if (this.#stopped === undefined) this.#stopped = this.#shutDown(drainMs).finally(() => this.#endOfRun?.())
    else if (drainMs === 0) this.#operation?.abortRunning()
    return this.#stopped
  }

  /** Takes no more tasks, from one queue or from all, until `resume`. What runs goes on. */
  pause(queue?: string): void {
    for (const name of this.#named(queue)) this.#pausedBefore.add(name)
    this.#operation?.setPaused(true, queue)
  }

  resume(queue?: string): void {
    for (const name of this.#named(queue)) this.#pausedBefore.delete(name)
    this.#operation?.setPaused(false, queue)
  }

  /** Aborts running tasks by id; returns which of them ran here. */
  revoke(ids: readonly string[], reason?: string): readonly string[] {
    return this.#operation?.revoke(ids, reason) ?? []
  }

  health(): WorkerHealth {
    if (this.#operation !== undefined) return this.#operation.health(this.#state)
    const status = this.#state === 'stopped' ? 'stopped' : 'idle'
    return { status, active: 0, waiting: 0, zombies: 0, oldestActiveMs: 0, lastReceiveMs: {} }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** A getter, because the state changes during every await. */
  get #ending(): boolean {
    return this.#state !== 'starting'
  }

  /** @throws QueueError INVALID for a queue this worker does not consume */
  #named(queue: string | undefined): readonly string[] {
    if (queue === undefined) return this.queues
    if (this.queues.includes(queue)) return [queue]
    throw new QueueError(
      'INVALID',
      `Worker ${this.id} does not consume "${queue}"; it consumes ${this.queues.join(', ')}.`,
    )
  }

  async #shutDown(drainMs: number): Promise<void> {
    this.#state = 'stopping'
    await this.#operation?.end(drainMs)
    this.#state = 'stopped'
  }
}

function setAlive(parts: Parts): { cancel(): void } {
  let timer = parts.runtime.setTimer(again, 60_000)
  function again(): void {
    timer = parts.runtime.setTimer(again, 60_000)
  }
  return { cancel: () => timer.cancel() }
}
