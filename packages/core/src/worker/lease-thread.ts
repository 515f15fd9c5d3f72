import { Worker as Thread } from 'node:worker_threads'
import type { TransportOrigin } from '../contract/transport.ts'
import type { Runtime, Timer } from '../runtime/runtime.ts'
import type { HeldTask } from './held-task.ts'
import { LeaseBoard, monotonicMs } from './lease-board.ts'
import type { BoardLayout } from './lease-board.ts'

/** Receipts of Redis and SQLite take some 30 bytes, NATS 120, SQS up to 1024. */
const RECEIPT_BYTES = 1024
const LEAST_SLOTS = 2048

export interface LeaseThreadInit {
  readonly layout: BoardLayout
  readonly origin: TransportOrigin
  readonly lanes: readonly string[]
  readonly leaseMs: number
}

/**
 * Keeps leases alive while a handler blocks this thread's event loop: a second thread watches the heartbeat, and when
 * it stops, connects by itself and extends what stands on the board. Until then it costs one sleeping thread and no connection.
 */
export class LeaseThread {
  /** Resolves when the thread watches. Never rejects. */
  readonly watching: Promise<void>
  readonly #board: LeaseBoard
  readonly #thread: Thread
  readonly #runtime: Runtime
  readonly #everyMs: number
  readonly #lanes: ReadonlyMap<string, number>
  #timer: Timer | undefined

  /** @param most deliveries the worker holds at once */
  constructor(runtime: Runtime, init: Omit<LeaseThreadInit, 'layout'>, most: number) {
    this.#runtime = runtime
    this.#everyMs = init.leaseMs / 6
    this.#lanes = new Map(init.lanes.map((lane, index) => [lane, index]))
    this.#board = new LeaseBoard(Math.max(most, LEAST_SLOTS), RECEIPT_BYTES)
    this.#beat()
    // The same folder holds this file's sibling in the sources, and its own bundle when published.
    const file = import.meta.url.endsWith('.ts') ? './lease-thread-main.ts' : './lease-thread-main.js'
    const workerData: LeaseThreadInit = { ...init, layout: this.#board.layout }
    this.#thread = new Thread(new URL(file, import.meta.url), {
      workerData,
      name: 'bananas-leases',
      execArgv: [],
    })
    // Without the thread leases are kept by this one alone, as they are most of the time.
    this.#thread.on('error', () => this.#timer?.cancel())
    this.watching = this.#firstWord()
  }

  add(task: HeldTask): void {
    this.#board.add(task, this.#lanes.get(task.source.lane) ?? 0)
  }

  remove(task: HeldTask): void {
    this.#board.remove(task)
  }

  async stop(): Promise<void> {
    this.#timer?.cancel()
    await this.#thread.terminate()
  }

  /** Until then it keeps the process alive, which may have nothing else that does: somebody waits for it. */
  #firstWord(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#thread.unref()
        resolve()
      }
      this.#thread.once('message', done).once('exit', done)
    })
  }

  #beat(): void {
    this.#board.beat(monotonicMs())
    this.#timer = this.#runtime.setTimer(() => this.#beat(), this.#everyMs, true)
  }
}
