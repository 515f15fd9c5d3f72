import { defineTask } from '@bananasjs/core'
import type { Task } from '@bananasjs/core'
import type { Gathered } from '@bananasjs/workflow'
import type { FileFacts } from './measure-file.ts'
import type { Report } from './report.ts'

export interface MeasureInput {
  readonly folder: string
  /** Relative to the folder. */
  readonly path: string
}

/** Where what the files' tasks returned is to be read, and what is bound to it. */
export interface GatherInput extends Gathered<FileFacts> {
  readonly folder: string
  /** Where a scratch file may lie. */
  readonly scratch: string
}

/** One file. */
export const measure: Task<MeasureInput, FileFacts> = defineTask<MeasureInput, FileFacts>('demo.measure', {
  queue: 'files',
  retry: { limit: 2, delay: '100ms' },
})

/** All files: the body of a chord, so it runs once every one of them has been measured. */
export const gather: Task<GatherInput, Report> = defineTask<GatherInput, Report>('demo.gather', {
  queue: 'report',
  retry: { limit: 3, delay: '200ms' },
})
