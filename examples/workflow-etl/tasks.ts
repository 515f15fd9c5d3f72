import { defineTask } from '@bananasjs/core'
import type { Task } from '@bananasjs/core'
import type { Settled } from '@bananasjs/workflow'
import type { ColumnType } from './csv/column-type.ts'

/** A file of the user's, and the table it becomes. */
export interface Origin {
  readonly path: string
  readonly table: string
  /** Folder in which steps leave what the next one takes. */
  readonly stage: string
}

export interface Extracted extends Origin {
  readonly columns: readonly string[]
  readonly rows: number
}

export interface Transformed extends Extracted {
  /** Of each column. */
  readonly types: readonly ColumnType[]
}

export interface Validated extends Transformed {
  readonly rejected: number
}

export interface LoadInput {
  /** Files that failed are no reason not to load the others. */
  readonly files: readonly Settled<Validated>[]
  readonly warehouse: string
}

export interface Loaded {
  readonly warehouse: string
  /** Why files are missing. */
  readonly problems: readonly string[]
}

export interface TableReport {
  readonly table: string
  readonly rows: number
  readonly rejected: number
  readonly columns: readonly ColumnReport[]
}

export interface ColumnReport {
  readonly column: string
  readonly type: ColumnType
  readonly filled: number
  readonly least: string | number | null
  readonly most: string | number | null
  readonly mean: number | null
}

/** Small, however many files and rows there were. */
export interface EtlReport {
  readonly tables: number
  readonly rows: number
  readonly rejected: number
  /** The largest. */
  readonly largest: readonly TableReport[]
  readonly rejects: readonly {
    readonly table: string
    readonly line: number
    readonly reason: string
  }[]
  readonly problems: readonly string[]
}

const retry = { limit: 2, delay: '200ms' } as const

/** Reads a file into rows of text. */
export const extract: Task<Origin, Extracted> = defineTask<Origin, Extracted>('etl.extract', { retry })
/** Cleans the cells, and finds out what the columns hold. */
export const transform: Task<Extracted, Transformed> = defineTask<Extracted, Transformed>('etl.transform', {
  retry,
})
/** Sets rows apart that do not fit. */
export const validate: Task<Transformed, Validated> = defineTask<Transformed, Validated>('etl.validate', {
  retry,
})
/** All files into one database. */
export const load: Task<LoadInput, Loaded> = defineTask<LoadInput, Loaded>('etl.load', { retry })
export const report: Task<{ loaded: Loaded }, EtlReport> = defineTask<{ loaded: Loaded }, EtlReport>(
  'etl.report',
  { retry },
)
