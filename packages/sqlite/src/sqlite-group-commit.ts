import { systemRuntime } from '@bananasjs/core/contract'
import { isBusy, lockedError, sqliteError } from './sqlite-errors.ts'
import { rollback } from './sqlite-schema.ts'
import type { SqliteDatabase } from './sqlite-database.ts'

/**
 * What one transaction takes before the event loop has its turn: a stored or leased row, or 8 KiB of body, costs 1,
 * a settled row half. It makes about 10 ms, and room for a full claim beside the settlements of the claim before.
 */
const TRANSACTION_COST = 2000
const LONGEST_BACKOFF_MS = 25

interface Operation {
  readonly cost: number
  readonly run: () => unknown
  readonly deadlineMs: number
  readonly resolve: (value: unknown) => void
  readonly reject: (reason: unknown) => void
  value: unknown
}

export interface GroupCommitOptions {
  readonly database: SqliteDatabase
  readonly file: string
  readonly busyTimeoutMs: number
  /** What was read or made inside a transaction that is now undone must be forgotten. */
  readonly onRollback: () => void
  readonly onBlocked: (blocked: boolean) => void
}

/**
 * All writes of one turn of the event loop share one transaction, hence one wait for the disk: that is where
 * SQLite's throughput comes from. A write is a function that may run more than once, for a transaction that
 * fails is undone and its halves are tried apart, until the one to blame stands alone.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions
  #waiting: Operation[] = []
  #scheduled = false
  #attempts = 0
  #idle: (() => void)[] = []

  constructor(options: GroupCommitOptions) {
    this.#options = options
  }

  /** Resolves with what `run` returned, once committed. An abort takes back what has not run yet. */
  write<T>(run: () => T, cost: number, signal?: AbortSignal): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const operation: Operation = {
        cost,
        run,
        deadlineMs: systemRuntime.monotonic() + this.#options.busyTimeoutMs,
        resolve: resolve as (value: unknown) => void,
        reject,
        value: undefined,
      }
      if (signal !== undefined) this.#abortable(operation, signal)
      else this.#waiting.push(operation)
      this.#schedule()
    })
  }

  /** Resolves when all that was written so far is decided. */
  drained(): Promise<void> {
    if (this.#waiting.length === 0) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  #abortable(operation: Operation, signal: AbortSignal): void {
    const done = (): void => signal.removeEventListener('abort', abort)
    const wrapped: Operation = {
      ...operation,
      resolve: (value) => (done(), operation.resolve(value)),
      reject: (reason) => (done(), operation.reject(reason)),
    }
    const abort = (): void => {
      this.#waiting = this.#waiting.filter((other) => other !== wrapped)
      wrapped.reject(signal.reason)
    }
    signal.addEventListener('abort', abort, { once: true })
    this.#waiting.push(wrapped)
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    systemRuntime.nextTurn(() => this.#flush())
  }

  #flush(): void {
    this.#scheduled = false
    const busy = this.#commit(this.#take())
    if (busy === undefined) this.#calmDown()
    else this.#backOff(busy.operations, busy.error)
    if (this.#waiting.length > 0) return this.#schedule()
    for (const resolve of this.#idle.splice(0)) resolve()
  }

  #take(): Operation[] {
    let cost = 0
    let count = 0
    while (
      count < this.#waiting.length &&
      (count === 0 || cost + this.#waiting[count]!.cost <= TRANSACTION_COST)
    ) {
      cost += this.#waiting[count]!.cost
      count += 1
    }
    return this.#waiting.splice(0, count)
  }

  /** @returns what found the database locked, still undecided. */
  #commit(operations: Operation[]): { operations: Operation[]; error: unknown } | undefined {
    if (operations.length === 0) return undefined
    try {
      this.#transact(operations)
    } catch (error) {
      if (isBusy(error)) return { operations, error }
      return this.#narrow(operations, error)
    }
    for (const operation of operations) operation.resolve(operation.value)
    return undefined
  }

  #transact(operations: readonly Operation[]): void {
    const { database, onRollback } = this.#options
    database.exec('BEGIN IMMEDIATE')
    try {
      for (const operation of operations) operation.value = operation.run()
      database.exec('COMMIT')
    } catch (error) {
      rollback(database)
      onRollback()
      throw error
    }
  }

  #narrow(operations: Operation[], error: unknown): { operations: Operation[]; error: unknown } | undefined {
    if (operations.length === 1) {
      operations[0]!.reject(sqliteError(error, this.#options.file))
      return undefined
    }
    const half = operations.length >> 1
    const first = this.#commit(operations.slice(0, half))
    if (first !== undefined)
      return { operations: [...first.operations, ...operations.slice(half)], error: first.error }
    return this.#commit(operations.slice(half))
  }

  #backOff(operations: Operation[], error: unknown): void {
    const { file, busyTimeoutMs, onBlocked } = this.#options
    const now = systemRuntime.monotonic()
    const patient = operations.filter((operation) => {
      if (operation.deadlineMs > now) return true
      operation.reject(lockedError(error, file, busyTimeoutMs))
      return false
    })
    this.#waiting = [...patient, ...this.#waiting]
    if (this.#waiting.length === 0) return
    this.#attempts += 1
    if (this.#attempts === 10) onBlocked(true)
    this.#scheduled = true
    const ceilingMs = Math.min(LONGEST_BACKOFF_MS, 2 ** this.#attempts)
    systemRuntime.setTimer(() => this.#flush(), 1 + systemRuntime.random() * ceilingMs)
  }

  #calmDown(): void {
    if (this.#attempts >= 10) this.#options.onBlocked(false)
    this.#attempts = 0
  }
}
