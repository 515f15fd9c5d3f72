/** What SQLite stores and returns, as far as this package uses it. */
export type SqliteValue = string | number | null | Uint8Array

/** The subset of node:sqlite's `StatementSync` that this package calls. */
export interface SqliteStatement {
  run(...values: SqliteValue[]): { readonly changes: number | bigint }
  get(...values: SqliteValue[]): unknown
  all(...values: SqliteValue[]): unknown[]
}

/** The subset of node:sqlite's `DatabaseSync` that this package calls; errors carry SQLite's code as `errcode`. */
export interface SqliteDatabase {
  exec(sql: string): void
  prepare(sql: string): SqliteStatement
  close(): void
}

/** What a column of bytes says: see the schema about NULL. */
export function bytesOf(column: Uint8Array | null): Uint8Array {
  return column ?? new Uint8Array(0)
}
