import { hostname } from '../runtime/builtins.ts'
import type { Runtime, Timer } from '../runtime/runtime.ts'
import type { EventPublisher } from '../task/event-publisher.ts'
import type { WorkerEvent } from '../task/events.ts'

export interface HeartbeatState {
  readonly queues: readonly string[]
  readonly concurrency: number
  readonly active: number
}

const EVERY_MS = 5000

/** Tells listeners every five seconds that this worker lives, and how it fares. */
export class Heartbeat {
  readonly #runtime: Runtime
  readonly #events: EventPublisher
  readonly #state: () => HeartbeatState
  #timer: Timer | undefined

  constructor(runtime: Runtime, events: EventPublisher, state: () => HeartbeatState) {
    this.#runtime = runtime
    this.#events = events
    this.#state = state
  }

  start(): void {
    this.beat('worker.online')
    this.#schedule()
  }

  stop(): void {
    this.#timer?.cancel()
    this.beat('worker.offline')
  }

  beat(type: WorkerEvent['type']): void {
    if (!this.#events.wanted) return
    const { user, system } = process.cpuUsage()
    this.#events.emit({
      type,
      host: hostname(),
      pid: process.pid,
      rssBytes: process.memoryUsage.rss(),
      cpuMs: Math.round((user + system) / 1000),
      ...this.#state(),
    })
  }

  #schedule(): void {
    this.#timer = this.#runtime.setTimer(
      () => {
        this.beat('worker.heartbeat')
        this.#schedule()
      },
      EVERY_MS,
      true,
    )
  }
}
