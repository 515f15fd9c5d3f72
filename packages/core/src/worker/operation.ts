import { lanesOf } from '../emulation/priority-lanes.ts'
import { QueueError } from '../errors.ts'
import type { Parts } from '../task/parts.ts'
import { commandHandlers } from './command-handlers.ts'
import { ControlListener } from './control-listener.ts'
import { createEngine } from './engine.ts'
import type { Engine } from './engine.ts'
import type { Registration } from './executor.ts'
import { Heartbeat } from './heartbeat.ts'
import { SETTLING } from './reception.ts'
import { abortRunning, drainEngine } from './shut-down.ts'
import type { Source } from './source.ts'
import { workerHealth } from './worker-health.ts'
import type { WorkerHealth, WorkerState } from './worker-health.ts'
import type { WorkerSettings } from './worker-options.ts'
import type { Worker } from './worker.ts'

export interface OperationOptions {
  readonly parts: Parts
  readonly settings: WorkerSettings
  readonly worker: Worker
  readonly handlers: ReadonlyMap<string, Registration>
}

/**
 * A worker at work: its engine, and what listens to commands and tells of itself beside it. A module of its own, loaded
 * when a worker starts: a program that only enqueues never pays for it.
 */
export class Operation {
  readonly #options: OperationOptions
  readonly #engine: Engine
  readonly #control: ControlListener
  readonly #heartbeat: Heartbeat
  readonly #detach: (() => void | Promise<void>)[] = []

  constructor(options: OperationOptions) {
    const { parts, settings, worker, handlers } = options
    this.#options = options
    this.#engine = createEngine(parts, settings, { workerId: worker.id, handlers })
    const { events, pool } = this.#engine
    this.#control = new ControlListener({
      parts,
      workerId: worker.id,
      handlers: commandHandlers(worker, events),
      onRefused: (why) =>
        settings.onError(new QueueError('DENIED', `A control command was refused: ${why}.`)),
    })
    this.#heartbeat = new Heartbeat(parts.runtime, events, () => ({
      queues: worker.queues,
      concurrency: worker.concurrency,
      active: pool.active,
    }))
  }

  /** Connects what is needed before the first task. */
  async prepare(): Promise<void> {
    await this.#control.start()
    await this.#engine.revocations.start()
    await this.#backLeases()
    const { parts, worker } = this.#options
    for (const plugin of parts.plugins) {
      const detach = plugin.worker?.(worker)
      if (detach !== undefined) this.#detach.push(detach)
    }
  }

  begin(): void {
    this.#engine.loop.start()
    this.#heartbeat.start()
  }

  setConcurrency(value: number): void {
    this.#engine.pool.concurrency = value
    this.#engine.pool.pump()
    this.#engine.loop.notify()
  }

  setPaused(paused: boolean, queue: string | undefined): void {
    for (const source of this.#sourcesOf(queue)) source.paused = paused
    this.#engine.loop.interrupt()
  }

  revoke(ids: readonly string[], reason: string | undefined): readonly string[] {
    this.#engine.revocations.noteOne()
    const wanted = new Set(ids)
    const found = this.#engine.pool.tasks().filter((task) => wanted.has(task.id))
    for (const task of found)
      task.abort(
        new QueueError(
          'TASK_CANCELLED',
          `Task "${task.envelope.task}" (${task.id}) was revoked${reason === undefined ? '' : `: ${reason}`}.`,
        ),
      )
    return found.map((task) => task.id)
  }

  health(state: WorkerState): WorkerHealth {
    const { runtime } = this.#options.parts
    const { pool, sources } = this.#engine
    const room = pool.active < pool.concurrency ? 1 : 0
    return workerHealth({ state, sources, pool, room, now: runtime.now(), monotonic: runtime.monotonic() })
  }

  abortRunning(): void {
    abortRunning(this.#engine)
  }

  async end(drainMs: number): Promise<void> {
    await drainEngine(this.#engine, this.#options.parts.runtime, drainMs)
    await this.#engine.leases.stop()
    this.#engine.revocations.stop()
    this.#heartbeat.stop()
    await this.#control.stop()
    await this.#engine.events.flush()
    // What a dead connection keeps us from giving back comes back when its lease ends.
    await Promise.allSettled(this.#engine.sources.map((source) => source.close()))
    for (const detach of this.#detach) await detach()
  }

  /**
   * Only where another thread can make the same transport and use the same receipts. Loaded on demand: it costs a thread.
   * Resolves when that watches, so that starting it takes nothing from the first tasks.
   */
  async #backLeases(): Promise<void> {
    const { parts, settings, worker } = this.#options
    const { origin, broker, runtime, lanes } = parts
    const { renewable, shared } = broker.supports.lease
    if (origin === undefined || !renewable || !shared || !settings.leaseThread) return
    const { LeaseThread } = await import('./lease-thread.ts')
    const names = worker.queues.flatMap((queue) => lanesOf(queue, lanes).map((lane) => lane.queue))
    const thread = new LeaseThread(
      runtime,
      { origin, lanes: names, leaseMs: settings.leaseMs },
      settings.concurrency + SETTLING,
    )
    this.#engine.leases.backBy(thread)
    await thread.watching
  }

  #sourcesOf(queue: string | undefined): readonly Source[] {
    return queue === undefined
      ? this.#engine.sources
      : this.#engine.sources.filter((source) => source.queue === queue)
  }
}
