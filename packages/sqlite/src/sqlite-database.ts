/** What SQLite stores and returns, as far as this package uses it. */
export type SqliteValue = string | number | null | Uint8Array

/** The subset of node:sqlite's `StatementSync` that this package calls. */
export interface SqliteStatement {
  run(...values: SqliteValue[]): { readonly changes: number | bigint }
  get(...values: SqliteValue[]): unknown
  all(...values: SqliteValue[]): unknown[]
}

/**
 * The subset of node:sqlite's `DatabaseSync` that this package calls. A `DatabaseSync` of your own fits,
 * and so does any driver with the same synchronous shape.
 */
export interface SqliteDatabase {
  exec(sql: string): void
  prepare(sql: string): SqliteStatement
  close(): void
  /** While true, someone else's transaction is running on this connection and ours has to wait. */
  readonly isTransaction?: boolean
}
