import { defineTask } from '@bananasjs/core'
import type { Task, TaskContext, Worker } from '@bananasjs/core'
import { sleep } from '@bananasjs/core/contract'
import type { SimNode } from './sim-node.ts'
import type { SimulationPlan, TaskPlan } from './plan.ts'

/** Which task of the plan a message stands for. */
export interface SimInput {
  readonly index: number
}

const RETRY = { limit: 3, delay: 100, maxDelay: 1000 }
export const QUEUE = 'work'

export const simTask: Task<SimInput, number> = defineTask<SimInput, number>('sim', {
  queue: QUEUE,
  retry: RETRY,
})

export interface Behaviour {
  readonly plan: SimulationPlan
  readonly node: SimNode
  /** Takes the process along, if this task still may. */
  readonly poisoned: (index: number) => boolean
}

/** What the tasks of a plan do at a worker. */
export function handleTasks(worker: Worker, { plan, node, poisoned }: Behaviour): void {
  worker.handle(simTask, async ({ index }, context) => {
    const task = plan.tasks[index]!
    if (task.kind === 'poison' && poisoned(index)) return new Promise<never>(() => undefined)
    await worked(task, node, context)
    if (fails(task, context)) throw new Error(`${task.kind} fails attempt ${context.attempt}`)
    return index
  })
}

async function worked(
  { kind, runMs }: TaskPlan,
  { runtime }: SimNode,
  { signal }: TaskContext,
): Promise<void> {
  if (kind === 'long') await sleep(runtime, runMs, signal)
  if (kind === 'deaf') await sleep(runtime, runMs)
}

function fails({ kind, failures }: TaskPlan, { attempt }: TaskContext): boolean {
  return kind === 'doomed' || (kind === 'flaky' && attempt <= failures)
}
