import { lanesOf } from '../emulation/priority-lanes.ts'
import { QueueError } from '../errors.ts'
import { hostname } from '../runtime/builtins.ts'
import type { Task } from '../task/define-task.ts'
import type { Directive } from '../task/directive.ts'
import { parseDuration } from '../task/duration.ts'
import type { Duration } from '../task/duration.ts'
import type { Parts } from '../task/parts.ts'
import type { TaskContext } from '../task/task-context.ts'
import { commandHandlers } from './command-handlers.ts'
import { ControlListener } from './control-listener.ts'
import { createEngine } from './engine.ts'
import type { Engine } from './engine.ts'
import type { Registration } from './executor.ts'
import { Heartbeat } from './heartbeat.ts'
import { abortRunning, drainEngine } from './shut-down.ts'
import type { Source } from './source.ts'
import { workerHealth } from './worker-health.ts'
import type { WorkerHealth } from './worker-health.ts'
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
  readonly #engine: Engine
  readonly #control: ControlListener
  readonly #heartbeat: Heartbeat
  #state: 'new' | 'starting' | 'running' | 'stopping' | 'stopped' = 'new'
  #stopped: Promise<void> | undefined
  #endOfRun: (() => void) | undefined
  #detach: (() => void | Promise<void>)[] = []

  constructor(parts: Parts, options: WorkerOptions = {}) {
    const settings = workerSettings(options)
    const { runtime } = parts
    this.id = options.id ?? `${hostname()}-${process.pid}-${runtime.id().slice(-6)}`
    this.#parts = parts
    this.#settings = settings
    this.#engine = createEngine(parts, settings, this.id)
    const { events } = this.#engine
    this.#control = new ControlListener({
      parts,
      workerId: this.id,
      handlers: commandHandlers(this, events),
      onRefused: (why) =>
        this.#settings.onError(new QueueError('DENIED', `A control command was refused: ${why}.`)),
    })
    this.#heartbeat = new Heartbeat(runtime, events, () => ({
      queues: this.queues,
      concurrency: this.concurrency,
      active: this.#engine.pool.active,
    }))
  }

  get queues(): readonly string[] {
    return this.#settings.queues.map(({ queue }) => queue)
  }

  get tasks(): readonly string[] {
    return [...this.#engine.handlers.keys()]
  }

  get concurrency(): number {
    return this.#engine.pool.concurrency
  }

  /** Takes effect at once; when lowered, running handlers end as they would. @throws QueueError INVALID */
  set concurrency(value: number) {
    this.#engine.pool.concurrency = checkConcurrency(value)
    this.#engine.pool.pump()
    this.#engine.loop.notify()
  }

  /**
   * Says what runs a task. Handlers may be added while the worker runs.
   * @throws QueueError INVALID when the task has a handler already
   */
  handle<Input, Output, Parsed>(task: Task<Input, Output, Parsed>, handler: Handler<Parsed, Output>): this {
    if (this.#engine.handlers.has(task.name))
      throw new QueueError(
        'INVALID',
        `Task "${task.name}" has a handler on this worker already. Two tasks must not share a name.`,
      )
    this.#engine.handlers.set(task.name, { task, handler: handler as Registration['handler'] })
    return this
  }

  /** Connects and begins to work; resolves once it does. @throws QueueError CONNECTION_LOST, DENIED, CLOSED */
  async start(): Promise<void> {
    if (this.#state !== 'new')
      throw new QueueError('CLOSED', `Worker ${this.id} was started before. Make a new one.`)
    this.#state = 'starting'
    await this.#parts.ready()
    await this.#control.start()
    await this.#engine.revocations.start()
    await this.#backLeases()
    for (const plugin of this.#parts.plugins) {
      const detach = plugin.worker?.(this)
      if (detach !== undefined) this.#detach.push(detach)
    }
    if (this.#state !== 'starting') return
    this.#state = 'running'
    this.#engine.loop.start()
    this.#heartbeat.start()
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
    else if (drainMs === 0) abortRunning(this.#engine)
    return this.#stopped
  }

  /** Takes no more tasks, from one queue or from all, until `resume`. What runs goes on. */
  pause(queue?: string): void {
    for (const source of this.#sourcesOf(queue)) source.paused = true
    this.#engine.loop.interrupt()
  }

  resume(queue?: string): void {
    for (const source of this.#sourcesOf(queue)) source.paused = false
    this.#engine.loop.interrupt()
  }

  /** Aborts running tasks by id; returns which of them ran here. */
  revoke(ids: readonly string[], reason?: string): readonly string[] {
    this.#engine.revocations.noteOne()
    const wanted = new Set(ids)
    const found = [...this.#engine.pool.tasks()].filter((task) => wanted.has(task.id))
    for (const task of found)
      task.abort(
        new QueueError(
          'TASK_CANCELLED',
          `Task "${task.envelope.task}" (${task.id}) was revoked${reason === undefined ? '' : `: ${reason}`}.`,
        ),
      )
    return found.map((task) => task.id)
  }

  health(): WorkerHealth {
    const { runtime } = this.#parts
    const { active } = this.#engine.pool
    return workerHealth({
      state: this.#state,
      sources: this.#engine.sources,
      pool: this.#engine.pool,
      room: active < this.concurrency ? 1 : 0,
      now: runtime.now(),
      monotonic: runtime.monotonic(),
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** Only where another thread can make the same transport and use the same receipts. Loaded on demand: it costs a thread. */
  async #backLeases(): Promise<void> {
    const { origin, broker, runtime, lanes } = this.#parts
    const { renewable, shared } = broker.supports.lease
    if (origin === undefined || !renewable || !shared || !this.#settings.leaseThread) return
    const { LeaseThread } = await import('./lease-thread.ts')
    const names = this.queues.flatMap((queue) => lanesOf(queue, lanes).map((lane) => lane.queue))
    this.#engine.leases.backBy(
      new LeaseThread(runtime, { origin, lanes: names, leaseMs: this.#settings.leaseMs }),
    )
  }

  #sourcesOf(queue: string | undefined): readonly Source[] {
    if (queue === undefined) return this.#engine.sources
    const found = this.#engine.sources.filter((source) => source.queue === queue)
    if (found.length === 0)
      throw new QueueError(
        'INVALID',
        `Worker ${this.id} does not consume "${queue}"; it consumes ${this.queues.join(', ')}.`,
      )
    return found
  }

  async #shutDown(drainMs: number): Promise<void> {
    const wasNew = this.#state === 'new'
    this.#state = 'stopping'
    if (!wasNew) await drainEngine(this.#engine, this.#parts.runtime, drainMs)
    await this.#engine.leases.stop()
    this.#engine.revocations.stop()
    this.#heartbeat.stop()
    await this.#control.stop()
    await this.#engine.events.flush()
    // What a dead connection keeps us from giving back comes back when its lease ends.
    await Promise.allSettled(this.#engine.sources.map((source) => source.close()))
    for (const detach of this.#detach) await detach()
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
