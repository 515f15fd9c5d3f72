import type { EndedTask, ErrorRecord } from '@bananasjs/core'
import { HEADER, readExit, readRef } from '../plan/node-ref.ts'
import type { Exit, NodeRef } from '../plan/node-ref.ts'

/** A node that ended: well, or otherwise. */
export interface NodeEnd extends NodeRef {
  readonly ok: boolean
  /** Present when the value is in hand; else it is read where it is needed. */
  readonly value?: { readonly value: unknown }
  readonly error?: ErrorRecord
  /** Of one that never ran: the node before it that failed. */
  readonly blame?: number
  /** What follows may have happened already: every effect looks first whether it is there. */
  readonly again: boolean
  readonly exit?: Exit | undefined
  /** A plan that travels with its messages. */
  readonly inline?: string | undefined
}

/** `undefined` for a task that belongs to no workflow. */
export function nodeEnd(task: EndedTask, now: number): NodeEnd | undefined {
  const ref = readRef(task)
  if (ref === undefined) return undefined
  const ok = task.state === 'succeeded'
  return {
    ...ref,
    ok,
    ...(ok ? { value: { value: task.output } } : { error: task.error ?? endError(task, now) }),
    again: task.deliveries > task.attempt || HEADER.again in task.headers,
    exit: readExit(task.headers, ref),
    inline: task.headers[HEADER.plan],
  }
}

function endError({ state, headers }: EndedTask, now: number): ErrorRecord {
  const late = HEADER.deadline in headers && now >= Number(headers[HEADER.deadline])
  if (late) return { name: 'QueueError', code: 'TASK_TIMEOUT', message: 'the time of its workflow was over' }
  if (state === 'expired')
    return { name: 'QueueError', code: 'TASK_TIMEOUT', message: 'its time was over before it could start' }
  return { name: 'QueueError', code: 'TASK_CANCELLED', message: 'it was cancelled' }
}
