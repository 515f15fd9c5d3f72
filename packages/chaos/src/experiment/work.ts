import { setTimeout as sleep } from 'node:timers/promises'
import { defineTask } from '@bananasjs/core'
import type { Task, Worker } from '@bananasjs/core'
import type { WorkResult } from './facts.ts'
import type { OwnWork } from './own-work.ts'

export interface Work {
  readonly task: number
  readonly ms: number
}

/** What the load consists of: it takes its time and returns its number. */
export const work: Task<Work, WorkResult> = defineTask<Work, WorkResult>('chaos.work', {
  retry: { limit: 10, delay: '100ms', maxDelay: '2s' },
  resultTtl: '10m',
})

/** Does it return what it should? Any value will do unless the one who tests knows better. */
export function rightOf(own: OwnWork | undefined): ((value: unknown, task: number) => boolean) | undefined {
  return own && (own.isRight ?? (() => true))
}

/** Queue of those that may be hit. */
export const WORK_QUEUE = 'chaos'
/** Queue of the control group. */
export const CONTROL_QUEUE = 'chaos-control'

/** Gives a worker the handler of the load, or those of whoever tests their own. */
export async function handleWork(worker: Worker, own?: OwnWork): Promise<Worker> {
  if (own !== undefined) {
    await own.register(worker)
    return worker
  }
  return worker.handle(work, async ({ task, ms }, { signal }) => {
    if (ms > 0) await sleep(ms, undefined, { signal })
    return { task }
  })
}
