import type { Bananas, QueueEvent } from '@bananasjs/core'
import type { Runtime } from '@bananasjs/core/contract'
import { sleep } from '@bananasjs/core/contract'
import type { RollingWindow, Tally } from './rolling-window.ts'

const COUNTED: Readonly<Record<string, keyof Tally>> = {
  'task.succeeded': 'succeeded',
  'task.failed': 'failed',
  'task.dead': 'dead',
}
const AGAIN_MS = 1000
/** Sources whose last number is remembered: workers come and go. */
const MOST_SOURCES = 1000

/** What is heard of an application's workers, counted into windows. */
export class EventWatch {
  readonly #windows: Set<RollingWindow> = new Set()
  readonly #runtime: Runtime
  readonly #last = new Map<string, number>()
  #heardAt: number | undefined
  #missed = 0

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  /** Events that did not arrive, by the gaps in their numbers. */
  get missed(): number {
    return this.#missed
  }

  /** Since any worker was heard; `Infinity` before the first. */
  get silentMs(): number {
    return this.#heardAt === undefined ? Infinity : this.#runtime.monotonic() - this.#heardAt
  }

  /** From now on it is counted there, too. Returns what ends that. */
  countInto(window: RollingWindow): () => void {
    this.#windows.add(window)
    return () => void this.#windows.delete(window)
  }

  /** Listens until the signal aborts; begins again when the channel is lost. Never rejects. */
  async listen(app: Bananas, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        for await (const event of app.events({ signal })) this.#hear(event)
      } catch {
        // Not heard is not seen: the silence shows, and takes the faults away.
      }
      await sleep(this.#runtime, AGAIN_MS, signal).catch(() => undefined)
    }
  }

  #hear(event: QueueEvent): void {
    if (!event.type.startsWith('worker.') && !(event.type in FROM_WORKERS)) return
    this.#heardAt = this.#runtime.monotonic()
    this.#number(event)
    const what = COUNTED[event.type]
    if (what !== undefined) for (const window of this.#windows) window.add(what)
  }

  #number({ source, seq }: QueueEvent): void {
    const last = this.#last.get(source)
    if (last !== undefined && seq > last + 1) this.#missed += seq - last - 1
    this.#last.delete(source)
    this.#last.set(source, seq)
    if (this.#last.size <= MOST_SOURCES) return
    const [oldest] = this.#last.keys()
    this.#last.delete(oldest!)
  }
}

/** Producers send `task.sent`, and live on when every worker is gone. */
const FROM_WORKERS: Readonly<Record<string, true>> = {
  'task.received': true,
  'task.started': true,
  'task.progress': true,
  'task.succeeded': true,
  'task.failed': true,
  'task.retried': true,
  'task.dead': true,
}
