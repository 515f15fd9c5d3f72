import { QueueError } from '../errors.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { HeldTask } from './held-task.ts'

export interface RunHost {
  readonly runtime: Runtime
  /** A handler was given up; the promise ends when it does. */
  readonly onZombie: (ended: Promise<unknown>) => void
}

export interface Limits {
  readonly softMs: number | undefined
  /** After this a handler that ignores its signal is given up; it may run on as a zombie. */
  readonly hardMs: number | undefined
}

/** A handler that has not come back this long after its signal aborted is given up. */
const GRACE_MS = 5000

/**
 * Runs a handler under its time limits. The soft limit aborts `context.signal`; the hard one ends the wait.
 * JavaScript cannot stop a function, so what was given up may still run: `onZombie` counts it in and, when it ends, out.
 */
export async function runHandler(
  host: RunHost,
  held: HeldTask,
  limits: Limits,
  call: () => unknown,
): Promise<unknown> {
  const { runtime, onZombie } = host
  if (limits.softMs === undefined && limits.hardMs === undefined) return call()
  const hardMs = limits.hardMs ?? limits.softMs! + GRACE_MS
  const softMs = Math.min(limits.softMs ?? hardMs, hardMs)
  const running = (async () => call())()
  const error = new QueueError(
    'TASK_TIMEOUT',
    `Task "${held.envelope.task}" (${held.id}) ran longer than its limit of ${softMs} ms.`,
  )
  const soft = runtime.setTimer(() => held.abort(error), softMs, true)
  return new Promise((resolve, reject) => {
    const hard = runtime.setTimer(
      () => {
        held.abort(error)
        onZombie(running)
        reject(error)
      },
      hardMs,
      true,
    )
    const finish =
      <T>(settle: (value: T) => void) =>
      (value: T) => {
        soft.cancel()
        hard.cancel()
        settle(value)
      }
    running.then(finish(resolve), finish(reject))
  })
}
