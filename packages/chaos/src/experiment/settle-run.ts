import type { Bananas } from '@bananasjs/core'
import { sleep, systemRuntime } from '@bananasjs/core/contract'
import { KEY_HEADER, RUN_HEADER } from '../faults/subjects.ts'
import { openTasks } from '../history/open-tasks.ts'
import { monotonicMs } from './facts.ts'
import type { Ledger } from './ledger.ts'
import type { RunState } from './run-experiment.ts'
import { CONTROL_QUEUE, WORK_QUEUE } from './work.ts'

const LOOK_MS = 200
const PAGE = 500
/** Facts may come a moment later than the broker's count. */
const EMPTY_MS = 5000

/** Waits until every task has ended or the patience is over, then asks the broker what it still holds, and what is dead. */
export async function settleRun(state: RunState, signal: AbortSignal): Promise<void> {
  const { stage, schedule } = state
  const deadline = monotonicMs() + schedule.drainMs
  let emptySince = Infinity
  while (monotonicMs() < deadline && !signal.aborted) {
    await look(state)
    if (state.drained === true) emptySince = Math.min(emptySince, monotonicMs())
    else emptySince = Infinity
    if (state.ledger.unfinished === 0 && state.drained !== false) break
    // Nothing is left that could still end them: they are lost.
    if (monotonicMs() - emptySince > EMPTY_MS) break
    await sleep(systemRuntime, LOOK_MS, signal).catch(() => undefined)
  }
  await look(state)
  // Without a count nobody can tell what is lost from what is late.
  if (state.drained === undefined && state.ledger.unfinished > 0) state.drained = false
  await markDead(stage.observer, state.ledger, stage.run).catch(() => undefined)
  state.endedAt = monotonicMs()
}

async function look(state: RunState): Promise<void> {
  const { ledger, stage } = state
  for (const fact of stage.facts()) ledger.add(fact)
  if (ledger.unfinished > 0) await markDead(stage.observer, ledger, stage.run).catch(() => undefined)
  state.drained = await isEmpty(stage.observer)
}

/** `undefined` when the broker cannot be asked. */
async function isEmpty({ queues, broker }: Bananas): Promise<boolean | undefined> {
  if (broker.supports.inspect !== 'counts') return undefined
  try {
    const counts = await Promise.all([queues.inspect(WORK_QUEUE), queues.inspect(CONTROL_QUEUE)])
    return counts.every((one) => openTasks(one) === 0)
  } catch {
    return false
  }
}

async function markDead({ queues, broker }: Bananas, ledger: Ledger, run: string): Promise<void> {
  if (!broker.supports.deadLetters) return
  for (const queue of [WORK_QUEUE, CONTROL_QUEUE]) {
    for (let after: string | undefined; ;) {
      const page = await queues.dead(queue, { limit: PAGE, ...(after !== undefined && { after }) })
      for (const { message } of page.letters)
        if (message.headers[RUN_HEADER] === run) ledger.dead(Number(message.headers[KEY_HEADER]))
      after = page.next
      if (after === undefined) break
    }
  }
}
