import { QueueError } from '@bananasjs/core'
import type { TaskStatus } from '@bananasjs/core'
import { EXIT } from '../exit-codes.ts'
import type { Context } from '../session/context.ts'
import { outcomeLines } from '../output/outcome-lines.ts'

/** A task's status, with the value when it succeeded. */
export interface Outcome extends TaskStatus {
  readonly value?: unknown
  /** Waiting ended before the task did. */
  readonly timedOut?: true
}

const AT_ONCE = 100

/** Shows each task as soon as its turn comes, in the order given; waits up to `limitMs` when given. Returns the exit code. */
export async function showOutcomes(
  context: Context,
  ids: readonly string[],
  limitMs?: number,
): Promise<number> {
  const deadline = limitMs === undefined ? undefined : Date.now() + limitMs
  let code: number = EXIT.done
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    const pending = ids.slice(at, at + AT_ONCE).map((id) => outcomeOf(context, id, deadline))
    // All are awaited below; one that rejects while another is shown is not unhandled.
    for (const one of pending) one.catch(() => {})
    for (const one of pending) {
      const outcome = await one
      context.out.record(outcome, () => outcomeLines(outcome, context.out))
      code = worse(code, exitCodeOf(outcome, limitMs !== undefined))
    }
  }
  return code
}

async function outcomeOf(
  { app, signal }: Context,
  id: string,
  deadline: number | undefined,
): Promise<Outcome> {
  const job = app.job(id)
  const timedOut =
    deadline !== undefined &&
    (await timesOut(job.result({ timeout: Math.max(0, deadline - Date.now()), signal })))
  const status = await job.status()
  if (timedOut) return { ...status, timedOut: true }
  return status.state === 'succeeded' ? { ...status, value: await job.result({ signal }) } : status
}

/** A task's failure is told by its status; here only the end of patience counts. */
async function timesOut(result: Promise<unknown>): Promise<boolean> {
  try {
    await result
    return false
  } catch (error) {
    if (QueueError.is(error, 'RESULT_TIMEOUT')) return true
    if (
      ['TASK_FAILED', 'TASK_TIMEOUT', 'TASK_CANCELLED'].some((code) =>
        QueueError.is(error, code as 'TASK_FAILED'),
      )
    )
      return false
    throw error
  }
}

function exitCodeOf({ state, timedOut }: Outcome, waited: boolean): number {
  if (timedOut === true) return EXIT.timeout
  if (state === 'unknown') return EXIT.failed
  return waited && state !== 'succeeded' ? EXIT.failed : EXIT.done
}

/** A failure says more than a timeout, a timeout more than nothing. */
function worse(a: number, b: number): number {
  if (a === EXIT.failed || b === EXIT.failed) return EXIT.failed
  return Math.max(a, b)
}
