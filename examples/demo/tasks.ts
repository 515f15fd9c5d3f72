import { defineTask } from '@bananasjs/core'
import type { Task } from '@bananasjs/core'
import type { FileFacts } from './measure-file.ts'
import type { Report } from './report.ts'

export interface MeasureInput {
  readonly run: string
  /** Position in the join: the last task waits until all have arrived. */
  readonly position: number
  readonly folder: string
  /** Relative to the folder. */
  readonly path: string
}

export interface GatherInput {
  readonly run: string
  readonly folder: string
  readonly total: number
  /** Where a scratch file may lie. */
  readonly scratch: string
}

/** One file. */
export const measure: Task<MeasureInput, FileFacts> = defineTask<MeasureInput, FileFacts>('demo.measure', {
  queue: 'files',
  retry: { limit: 2, delay: '100ms' },
})

/** All files: runs once every one of them has been measured. */
export const gather: Task<GatherInput, Report> = defineTask<GatherInput, Report>('demo.gather', {
  queue: 'report',
  retry: { limit: 3, delay: '200ms' },
})

/** Deterministic: a file that is sent or measured twice is still counted once. */
export function measureId(run: string, position: number): string {
  return `${run}-${position}`
}

/** Position 0 belongs to whoever sends the files: it arrives when all are sent and the total is known. */
export const SENDER_POSITION = 0
export const JOIN_TTL_MS: number = 7 * 86_400_000

export function joinOf(run: string): string {
  return `demo-files-${run}`
}

export function totalKeyOf(run: string): string {
  return `demo-total-${run}`
}
