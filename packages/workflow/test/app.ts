import { Bananas, defineTask } from '@bananasjs/core'
import type { BananasOptions, QueueError, Worker, WorkerOptions } from '@bananasjs/core'
import { memory } from '@bananasjs/core/memory'
import { onTestFinished } from 'vitest'
import { workflows } from '../src/index.ts'
import type { Workflows, WorkflowsOptions } from '../src/index.ts'

export interface TestFlows {
  readonly app: Bananas
  readonly flows: Workflows
  /** What workers and workflows met and dealt with. */
  readonly errors: QueueError[]
  /** A started worker that knows the tasks below, and what else it is told. */
  readonly work: (options?: WorkerOptions, more?: (worker: Worker) => void) => Promise<Worker>
  /** Names and inputs of what has run, in order. */
  readonly ran: readonly string[]
}

export const add = defineTask<{ a: number; b: number }, number>('add', { retry: false })
export const double = defineTask<number, number>('double', { retry: false })
export const sum = defineTask<readonly number[], number>('sum', { retry: false })
export const fail = defineTask<unknown, never>('fail', { retry: false })
export const echo = defineTask<unknown, unknown>('echo', { retry: false })

/** An application with workflows, closed when the test ends. */
export function testFlows(
  options: Partial<BananasOptions> = {},
  flowOptions: WorkflowsOptions = {},
): TestFlows {
  const errors: QueueError[] = []
  const onError = (error: QueueError): void => void errors.push(error)
  const flows = workflows({ onError, ...flowOptions })
  const app = new Bananas({ transport: memory(), ...options, plugins: [flows, ...(options.plugins ?? [])] })
  onTestFinished(() => app.close())
  const ran: string[] = []
  const note = <T>(name: string, input: T): T => {
    ran.push(`${name} ${JSON.stringify(input)}`)
    return input
  }
  const work: TestFlows['work'] = async (given = {}, more = () => {}) => {
    const worker = app.worker({ drain: 100, onError, ...given })
    worker.handle(add, (input) => note('add', input).a + input.b)
    worker.handle(double, (n) => note('double', n) * 2)
    worker.handle(sum, (list) => note('sum', list).reduce((total, n) => total + n, 0))
    worker.handle(echo, (input) => note('echo', input))
    worker.handle(fail, (input) => {
      note('fail', input)
      throw new Error(`failed with ${JSON.stringify(input)}`)
    })
    more(worker)
    await worker.start()
    return worker
  }
  return { app, flows, errors, work, ran }
}
