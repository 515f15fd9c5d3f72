import { Bananas, defineTask } from '@bananasjs/core'
import type { Task, TaskContext } from '@bananasjs/core'
import type { Transport } from '@bananasjs/core/contract'
import { workflows } from '@bananasjs/workflow'
import type { Workflows } from '@bananasjs/workflow'
import type { Round } from '../case.ts'

/** Where workflows are measured. */
export interface WorkflowStore {
  readonly name: string
  readonly connect: () => Promise<Transport>
  readonly clear: () => Promise<void>
}

export interface WorkflowApp {
  readonly app: Bananas
  readonly flows: Workflows
}

export const noOp: Task<number, number> = defineTask<number, number>('bench.no-op')
export const body: Task<readonly number[], number> = defineTask<readonly number[], number>('bench.body')

const CONCURRENCY = 100

/** One round on an application with a started worker, on an empty store. */
export async function workflowRound(
  store: WorkflowStore,
  round: (parts: WorkflowApp, onRun: (hear: () => void) => void) => Promise<Round['figures']>,
): Promise<Round> {
  const flows = workflows()
  const app = new Bananas({ transport: await store.connect(), plugins: [flows] })
  let hear: () => void = () => {}
  try {
    const worker = app.worker({ concurrency: CONCURRENCY })
    worker.handle(noOp, (n: number, _context: TaskContext) => {
      hear()
      return n
    })
    worker.handle(body, (numbers) => numbers.length)
    await worker.start()
    return { figures: await round({ app, flows }, (listener) => void (hear = listener)) }
  } finally {
    await app.close()
    await store.clear()
  }
}
