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
  const { schedule } = state
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
  // Of all, not only of what is missing: a task that is both done and dead breaks a promise.
  await markDead(state, await look(state)).catch(() => undefined)
  // Without a count nobody can tell what is lost from what is late.
  if (state.drained === undefined && state.ledger.unfinished > 0) state.drained = false
  state.endedAt = monotonicMs()
}

async function look(state: RunState): Promise<Holdings> {
  const { ledger, stage } = state
  for (const fact of stage.facts()) ledger.add(fact)
  const held = await holdings(stage.observer)
  state.drained = held === 'unknown' ? undefined : held !== 'silent' && held.open === 0
  if (ledger.unfinished > 0) await markDead(state, held).catch(() => undefined)
  return held
}

/** What the broker still holds, by its own count. */
type Holdings = { readonly open: number; readonly dead: number } | 'unknown' | 'silent'

async function holdings({ queues, broker }: Bananas): Promise<Holdings> {
  if (broker.supports.inspect !== 'counts') return 'unknown'
  try {
    const counts = await Promise.all([queues.inspect(WORK_QUEUE), queues.inspect(CONTROL_QUEUE)])
    return { open: sum(counts.map(openTasks)), dead: sum(counts.map(({ dead }) => dead)) }
  } catch {
    return 'silent'
  }
}

async function markDead({ stage, ledger }: RunState, held: Holdings): Promise<void> {
  const { observer, run } = stage
  const { queues, broker } = observer
  if (!broker.supports.deadLetters) return markCounted(ledger, held)
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

/** Where letters cannot be read, workers know which tasks they have set aside, and the broker how many letters it has. */
function markCounted(ledger: Ledger, held: Holdings): void {
  if (held === 'unknown' || held === 'silent' || held.open > 0) return // they may come again, and be done
  const { setAside } = ledger
  if (setAside.length <= held.dead) for (const task of setAside) ledger.dead(task)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}
