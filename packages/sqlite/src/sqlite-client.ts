import { DatabaseSync } from 'node:sqlite'
import { sleep, systemRuntime } from '@bananasjs/core/contract'
import type { ConnectionNotice } from '@bananasjs/core/contract'
import type { Gate } from './sqlite-gate.ts'
import type { SqliteDatabase, SqliteStatement } from './sqlite-database.ts'
import type { Settings } from './sqlite-options.ts'
import { fileOf } from './sqlite-options.ts'
import { isBusy, lockedError, sqliteError } from './sqlite-errors.ts'
import { ensureSchema } from './sqlite-schema.ts'
import { GroupCommit } from './sqlite-group-commit.ts'
import { Housekeeping } from './sqlite-housekeeping.ts'
import { Wakeups } from './sqlite-wakeups.ts'

/** How long SQLite itself may wait for a lock, blocking the event loop; beyond it the wait is asynchronous. */
const BLOCKING_WAIT_MS = 5
const RETRY_MS = 10

/** What exists while the file is open. */
interface Session {
  readonly database: SqliteDatabase
  readonly file: string
  readonly commits: GroupCommit
  readonly wakeups: Wakeups
  readonly housekeeping: Housekeeping
}

/**
 * The one connection that broker, results and channel of a transport share: opened by the first that needs it,
 * closed by the last. Reads run at once, writes in groups; both wait for locks without blocking the event loop.
 */
export class SqliteClient {
  readonly settings: Settings
  readonly #statements = new Map<string, SqliteStatement>()
  readonly #queues = new Map<string, number>()
  readonly #listeners = new Set<(notice: ConnectionNotice) => void>()
  #database: SqliteDatabase | undefined
  #session: Session | undefined
  #opening: Promise<Session> | undefined
  #users = 0

  constructor(settings: Settings) {
    this.settings = settings
    this.#database = settings.given
  }

  /** The raw connection; makes it when there is none yet. */
  get database(): SqliteDatabase {
    try {
      this.#database ??= new DatabaseSync(this.settings.path)
    } catch (error) {
      throw sqliteError(error, this.settings.path)
    }
    return this.#database
  }

  enter(): void {
    this.#users += 1
  }

  /** Closes the file after its last user, when all writes are decided. A handed-in database stays open. */
  async leave(entered: boolean): Promise<void> {
    if (entered) this.#users -= 1
    if (this.#users > 0) return
    await this.#opening?.catch(() => undefined)
    const session = this.#session
    await session?.commits.drained()
    if (this.#users > 0 || this.#session !== session) return
    session?.housekeeping.stop()
    session?.wakeups.close()
    this.#forget()
  }

  /** Opens and checks the file. @throws QueueError */
  async open(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (this.#session !== undefined) return
    this.#opening ??= this.#start().finally(() => {
      this.#opening = undefined
    })
    await this.#opening
    signal?.throwIfAborted()
  }

  /** Runs `run` in a shared transaction; it may run more than once. `cost` is about the number of rows. */
  write<T>(run: () => T, cost = 1, signal?: AbortSignal): Promise<T> {
    const session = this.#require()
    session.housekeeping.wanted()
    return session.commits.write(run, cost, signal)
  }

  /** Runs `run` outside any transaction. */
  async read<T>(run: () => T, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted()
    return this.#patiently(run, signal)
  }

  /** @see Wakeups.gate */
  gate(topics: readonly string[]): Gate {
    return this.#require().wakeups.gate(topics)
  }

  /** @see Wakeups.notify */
  notify(topics: Iterable<string>): void {
    this.#session?.wakeups.notify(topics)
  }

  prepare(sql: string): SqliteStatement {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = this.database.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }

  now(): number {
    return Math.floor(this.settings.now())
  }

  /** When something due in `delayMs` may happen: rounded up, for nothing is early, and never beyond what a number holds. */
  after(delayMs: number): number {
    return Math.min(Math.ceil(this.settings.now() + delayMs), Number.MAX_SAFE_INTEGER)
  }

  /** The first of `count` numbers nobody had before, for messages, leases and letters. Inside a write only. */
  take(count: number): number {
    const update = this.prepare(
      "UPDATE bananas_meta SET value = value + ? WHERE name = 'counter' RETURNING value",
    )
    return (update.get(count) as { value: number }).value - count + 1
  }

  /** The number behind a queue's name, made when new. Inside a write only. */
  queueId(name: string): number {
    const known = this.findQueue(name)
    if (known !== undefined) return known
    this.prepare('INSERT INTO bananas_queues (name) VALUES (?)').run(name)
    return this.findQueue(name)!
  }

  findQueue(name: string): number | undefined {
    const known = this.#queues.get(name)
    if (known !== undefined) return known
    const row = this.prepare('SELECT id FROM bananas_queues WHERE name = ?').get(name) as
      | { id: number }
      | undefined
    if (row !== undefined) this.#queues.set(name, row.id)
    return row?.id
  }

  onNotice(listener: (notice: ConnectionNotice) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  get file(): string {
    return this.#session?.file ?? this.settings.path
  }

  #require(): Session {
    if (this.#session === undefined)
      throw new Error('sqlite: used before open(); a mistake inside this package')
    return this.#session
  }

  async #start(): Promise<Session> {
    try {
      await this.#patiently(() => this.#prepareFile())
      this.#session = this.#createSession(this.database)
      this.#tell({ kind: 'connected', detail: this.#session.file || 'a database in memory' })
      return this.#session
    } catch (error) {
      this.#forget()
      throw error
    }
  }

  #createSession(database: SqliteDatabase): Session {
    const file = fileOf(database)
    const commits = new GroupCommit({
      database,
      file: file || this.settings.path,
      busyTimeoutMs: this.settings.busyTimeoutMs,
      onRollback: () => this.#queues.clear(),
      onBlocked: (blocked) =>
        this.#tell({
          kind: blocked ? 'blocked' : 'unblocked',
          detail: `${file}: locked by another connection`,
        }),
    })
    const housekeeping = new Housekeeping(this, (run, cost) => commits.write(run, cost))
    return { database, file, commits, wakeups: new Wakeups(database, file), housekeeping }
  }

  /** One attempt, safe to repeat. */
  #prepareFile(): void {
    const { given, synchronous, path } = this.settings
    const database = this.database
    if (given === undefined) {
      database.exec(`PRAGMA busy_timeout = ${BLOCKING_WAIT_MS}`)
      // Both only count before the first table. Measured: pages of 8 KiB make queues 15 % faster than pages of 4.
      database.exec('PRAGMA page_size = 8192; PRAGMA auto_vacuum = INCREMENTAL')
      database.exec('PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON') // for FULL on macOS
      database.exec('PRAGMA cache_size = -16000; PRAGMA journal_size_limit = 33554432')
    }
    database.exec('PRAGMA journal_mode = WAL')
    if (synchronous !== undefined) database.exec(`PRAGMA synchronous = ${synchronous}`)
    ensureSchema(database, path)
  }

  async #patiently<T>(run: () => T, signal?: AbortSignal): Promise<T> {
    const { busyTimeoutMs } = this.settings
    const deadlineMs = systemRuntime.monotonic() + busyTimeoutMs
    for (;;) {
      try {
        return run()
      } catch (error) {
        if (!isBusy(error)) throw sqliteError(error, this.file)
        if (systemRuntime.monotonic() >= deadlineMs) throw lockedError(error, this.file, busyTimeoutMs)
      }
      await sleep(systemRuntime, RETRY_MS * (0.5 + systemRuntime.random()), signal)
    }
  }

  #forget(): void {
    if (this.settings.given === undefined) this.#database?.close()
    this.#database = this.settings.given
    this.#session = undefined
    this.#statements.clear()
    this.#queues.clear()
  }

  #tell(notice: ConnectionNotice): void {
    for (const listener of this.#listeners) listener(notice)
  }
}
