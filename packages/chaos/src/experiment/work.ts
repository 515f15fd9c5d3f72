import { setTimeout as sleep } from 'node:timers/promises'
import { defineTask } from '@bananasjs/core'
import type { Task, Worker } from '@bananasjs/core'
import type { WorkResult } from './facts.ts'

export interface Work {
  readonly task: number
  readonly ms: number
}

/** What the load consists of: it takes its time and returns its number. */
export const work: Task<Work, WorkResult> = defineTask<Work, WorkResult>('chaos.work', {
  retry: { limit: 10, delay: '100ms', maxDelay: '2s' },
  resultTtl: '10m',
})

/** Queue of those that may be hit. */
export const WORK_QUEUE = 'chaos'
/** Queue of the control group. */
export const CONTROL_QUEUE = 'chaos-control'

/** Gives a worker the handler of the load. */
export function handleWork(worker: Worker): Worker {
  return worker.handle(work, async ({ task, ms }, { signal }) => {
    if (ms > 0) await sleep(ms, undefined, { signal })
    return { task }
  })
}
