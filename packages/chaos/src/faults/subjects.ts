import type { TaskContext } from '@bananasjs/core'
import type { Message } from '@bananasjs/core/contract'
import type { Subject } from './matches.ts'

/** Number of a task within a load: with it a repeated run hits the same tasks, whatever their ids. */
export const KEY_HEADER = 'chaos-key'
/** Names the run of an experiment that a task belongs to: those of an earlier one may still lie about. */
export const RUN_HEADER = 'chaos-run'
/** Tasks of the control group carry `control` here. */
export const GROUP_HEADER = 'chaos-group'

const TASK_HEADER = 'bananas-task'
const ATTEMPT_HEADER = 'bananas-attempt'

export function subjectOfMessage({ id, headers }: Message, queue: string, method: string): Subject {
  return {
    task: headers[TASK_HEADER],
    queue,
    key: headers[KEY_HEADER] ?? id,
    attempt: Number(headers[ATTEMPT_HEADER] ?? 1),
    method,
  }
}

export function subjectOfRun({ id, task, queue, attempt, worker, headers }: TaskContext): Subject {
  return { task, queue, worker, attempt, key: headers[KEY_HEADER] ?? id, method: 'task.run' }
}
