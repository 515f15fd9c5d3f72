import { watch } from 'node:fs'
import type { FSWatcher } from 'node:fs'
import { systemRuntime } from '@bananasjs/core/contract'
import type { Timer } from '@bananasjs/core/contract'
import type { SqliteDatabase, SqliteStatement } from './sqlite-database.ts'

const SHORTEST_MS = 1
const LONGEST_MS = 50
/** A look may take at most this share of the time, whatever the readers do in answer to a change. */
const BUSY_FACTOR = 4

/**
 * Notices commits of other connections. SQLite has no notification, so `PRAGMA data_version` (3 µs) is asked,
 * every 50 ms when nothing happens. A write to the -wal file, which the operating system does tell about, comes a
 * moment before its commit: it makes the next looks quick. Where watching is not possible the 50 ms remain.
 */
export class ChangePoller {
  readonly #version: SqliteStatement
  readonly #file: string
  readonly #onChange: () => void
  #watcher: FSWatcher | undefined
  #watchable = true
  #timer: Timer | undefined
  #running = false
  #seen = 0
  #intervalMs = SHORTEST_MS
  #busyMs = 0

  constructor(database: SqliteDatabase, file: string, onChange: () => void) {
    this.#version = database.prepare('PRAGMA data_version')
    this.#file = file
    this.#onChange = onChange
  }

  start(): void {
    if (this.#running) return
    this.#running = true
    this.#seen = this.#read()
    this.#intervalMs = SHORTEST_MS
    this.#schedule()
  }

  /** Ends the timer; the watcher goes with the next write that nobody waits for. */
  stop(): void {
    this.#running = false
    this.#timer?.cancel()
    this.#timer = undefined
  }

  close(): void {
    this.stop()
    this.#unwatch()
    this.#watchable = false
  }

  #schedule(): void {
    this.#timer?.cancel()
    this.#timer = systemRuntime.setTimer(
      () => this.#look(),
      Math.max(this.#intervalMs, this.#busyMs * BUSY_FACTOR),
    )
  }

  #look(): void {
    if (!this.#running) return
    this.#watch()
    const seen = this.#read()
    const changed = seen !== this.#seen
    this.#seen = seen
    this.#intervalMs = changed ? SHORTEST_MS : Math.min(LONGEST_MS, this.#intervalMs * 2)
    if (changed) {
      const startMs = systemRuntime.monotonic()
      this.#onChange()
      systemRuntime.nextTurn(() => {
        this.#busyMs = systemRuntime.monotonic() - startMs
      })
    }
    this.#schedule()
  }

  /** A failing look counts as a change: the reader it wakes meets the same error and can tell it. */
  #read(): number {
    try {
      return (this.#version.get() as { data_version: number }).data_version
    } catch {
      return -1 - Math.abs(this.#seen)
    }
  }

  #watch(): void {
    if (this.#watcher !== undefined || !this.#watchable) return
    try {
      this.#watcher = watch(`${this.#file}-wal`, { persistent: false }, () => this.#onWrite())
      this.#watcher.on('error', () => this.#giveUpWatching())
    } catch {
      this.#giveUpWatching()
    }
  }

  #onWrite(): void {
    if (!this.#running) return this.#unwatch()
    if (this.#intervalMs === SHORTEST_MS) return
    this.#intervalMs = SHORTEST_MS
    this.#schedule()
  }

  #giveUpWatching(): void {
    this.#watchable = false
    this.#unwatch()
  }

  #unwatch(): void {
    this.#watcher?.close()
    this.#watcher = undefined
  }
}
