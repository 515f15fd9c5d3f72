export { sqlite } from './sqlite-transport.ts'
export type { SqliteTransport } from './sqlite-transport.ts'
export type { SqliteDatabase, SqliteStatement } from './sqlite-database.ts'
export type { SqliteDatabaseOptions, SqliteOptions } from './sqlite-options.ts'
