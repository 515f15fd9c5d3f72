import { QueueError } from '@bananasjs/core'
import type { Directive, Plugin, TaskContext } from '@bananasjs/core'
import type { EndBody, History } from './history-event.ts'
import { header } from './wire-headers.ts'

const DIRECTIVE = Symbol.for('bananas.directive')

/** Writes down each run before it can have an effect, and how it ended before anybody hears of it. */
export function recordRuns(history: History): Plugin {
  return {
    name: 'history',
    async execute(context, next) {
      const { id: task, task: name, attempt } = context
      const unique = context.headers[header.unique]
      const what = { task, name, attempt, ...(unique !== undefined && { unique }) }
      history.write({ kind: 'start', ...what, deliveries: context.deliveries, crashes: crashesOf(context) })
      const end = (outcome: EndBody['outcome']): void => history.write({ kind: 'end', ...what, outcome })
      try {
        const value = await next()
        end(isNobodys(context) ? 'aborted' : outcomeOf(value))
        return value
      } catch (error) {
        end(isNobodys(context) ? 'aborted' : 'failed')
        throw error
      }
    },
  }
}

/** The run was told to end: by a lost lease, a stop or a revocation. A timeout is a failure like another. */
function isNobodys({ signal }: TaskContext): boolean {
  return signal.aborted && !QueueError.is(signal.reason, 'TASK_TIMEOUT')
}

function outcomeOf(value: unknown): EndBody['outcome'] {
  if (typeof value !== 'object' || value === null || !(DIRECTIVE in value)) return 'done'
  return 'kind' in value && value.kind === ('postpone' satisfies Directive['kind']) ? 'aborted' : 'failed'
}

function crashesOf({ deliveries, attempt, headers }: TaskContext): number {
  return Math.max(0, deliveries - attempt - Number(headers[header.handedBack] ?? 0))
}
