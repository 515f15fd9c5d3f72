import { QueueError } from '../errors.ts'
import { sleep } from '../runtime/sleep.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { Engine } from './engine.ts'
import type { HeldTask } from './held-task.ts'

/** How long handlers get to end after their signal has aborted. */
const ABORT_GRACE_MS = 1000

/**
 * Takes nothing more, gives back what has not started, waits up to `drainMs` for what runs, aborts it, and gives it
 * back without spending an attempt. Ends when everything is out of our hands.
 */
export async function drainEngine(engine: Engine, runtime: Runtime, drainMs: number): Promise<void> {
  const { loop, pool, batcher } = engine
  await loop.stop()
  for (const task of pool.takeWaiting()) giveBack(engine, task)
  await idleWithin(engine, runtime, drainMs)
  if (pool.active > 0) {
    abortRunning(engine)
    await idleWithin(engine, runtime, ABORT_GRACE_MS)
  }
  // Handlers that ignore the signal go on as zombies; their tasks are given back all the same.
  for (const task of pool.tasks()) giveBack(engine, task)
  await batcher.drain()
}

/** Every running handler's signal aborts; its task is given back when it ends. */
export function abortRunning({ pool }: Engine): void {
  pool.abortAll(
    ({ envelope, id }) =>
      new QueueError('CLOSED', `The worker is stopping; task "${envelope.task}" (${id}) is given back.`),
  )
}

function giveBack({ batcher }: Engine, task: HeldTask): void {
  if (task.lost) return
  const { receipt } = task.delivery
  batcher.add({ task, settlement: { receipt, as: 'release' }, record: undefined })
  task.givenBack = true
}

async function idleWithin({ pool }: Engine, runtime: Runtime, ms: number): Promise<void> {
  const over = new AbortController()
  await Promise.race([pool.idle(), sleep(runtime, ms, over.signal).catch(() => {})])
  over.abort()
}
