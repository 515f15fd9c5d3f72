import type { QueueError } from '../errors.ts'
import type { Executor } from './executor.ts'
import type { HeldTask } from './held-task.ts'
import type { Intake } from './intake.ts'
import type { PrefetchWindow } from './prefetch-window.ts'
import type { Ending, SettleBatcher } from './settle-batcher.ts'

export interface TaskPoolOptions {
  readonly executor: Executor
  readonly intake: Intake
  readonly batcher: SettleBatcher
  readonly window: PrefetchWindow
  /** The task is out of our hands, and its slot is free: there may be room for another. */
  readonly onGone: (task: HeldTask) => void
}

/** Runs what was admitted, at most `concurrency` at once; the rest of a prefetched batch waits here, in order. */
export class TaskPool {
  concurrency: number
  readonly #options: TaskPoolOptions
  /** What is waited for. */
  readonly #active = new Set<HeldTask>()
  /** What has just been called, and may end before it returns. */
  #calling: HeldTask | undefined
  readonly #waiting: HeldTask[] = []
  #next = 0
  #pumping = false
  #zombies = 0
  #onIdle: (() => void) | undefined

  constructor(concurrency: number, options: TaskPoolOptions) {
    this.concurrency = concurrency
    this.#options = options
  }

  get active(): number {
    return this.#active.size + (this.#calling === undefined ? 0 : 1)
  }

  /** Fetched ahead and not started. */
  get waiting(): number {
    return this.#waiting.length - this.#next
  }

  /** Handlers that were given up and still run. */
  get zombies(): number {
    return this.#zombies
  }

  tasks(): readonly HeldTask[] {
    return this.#calling === undefined ? [...this.#active] : [...this.#active, this.#calling]
  }

  /** Puts tasks in line; they start after the current microtask, when the next receive is on its way. */
  add(tasks: readonly HeldTask[]): void {
    if (tasks.length === 0) return
    const wasEmpty = this.waiting === 0
    for (const task of tasks) this.#waiting.push(task)
    if (wasEmpty) queueMicrotask(() => this.pump())
  }

  pump(): void {
    if (this.#pumping) return // a handler that has nothing to wait for ended in the loop below, which goes on
    const { window, batcher } = this.#options
    this.#pumping = true
    try {
      let at: number | undefined
      while (this.waiting > 0 && this.#active.size < this.#capacity())
        at = this.#run(this.#waiting[this.#next++]!, at ?? window.started())
    } finally {
      this.#pumping = false
    }
    if (this.#next === this.#waiting.length) {
      this.#waiting.length = 0
      this.#next = 0
    }
    if (this.#active.size > 0) return
    batcher.flush()
    this.#onIdle?.()
  }

  /** A handler was given up. It takes no slot, until there are as many of its kind as slots: then each takes one again. */
  noteZombie(ended: Promise<unknown>): void {
    this.#zombies += 1
    const end = (): void => {
      this.#zombies -= 1
      this.pump()
    }
    ended.then(end, end)
  }

  /** Takes out what has not started, to be given back. */
  takeWaiting(): readonly HeldTask[] {
    const taken = this.#waiting.slice(this.#next)
    this.#waiting.length = 0
    this.#next = 0
    return taken
  }

  /** Resolves when nothing runs. */
  async idle(): Promise<void> {
    if (this.active > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve))
  }

  abortAll(reason: (task: HeldTask) => QueueError): void {
    for (const task of this.tasks()) task.abort(reason(task))
  }

  #capacity(): number {
    return this.concurrency - Math.max(0, this.#zombies - this.concurrency)
  }

  /** @returns when it ended, if it has: the next one begins there, and the clock need not be looked at again */
  #run(task: HeldTask, startedAt: number): number | undefined {
    const { executor, window } = this.#options
    this.#calling = task
    const ending = task.lost ? undefined : executor.run(task)
    this.#calling = undefined
    if (ending instanceof Promise) {
      this.#active.add(task)
      void ending.then((ended) => {
        this.#active.delete(task)
        window.ended(startedAt)
        this.#end(task, ended)
        this.pump()
      })
      return undefined
    }
    const endedAt = window.ended(startedAt)
    this.#end(task, ending)
    return endedAt
  }

  #end(task: HeldTask, ending: Ending | undefined): void {
    const { intake, batcher, onGone } = this.#options
    intake.clear(task)
    if (ending === undefined) onGone(task)
    else batcher.add(ending)
  }
}
