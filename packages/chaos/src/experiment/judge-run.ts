import { parseDuration } from '@bananasjs/core'
import { systemRuntime } from '@bananasjs/core/contract'
import { checkHistoryFolder } from '../checker/check-history-folder.ts'
import type { Judgement } from '../checker/findings.ts'
import type { Promised } from '../checker/promised.ts'
import { nameOf } from '../faults/armed-fault.ts'
import { layerOf } from '../faults/catalog.ts'
import { historyFile } from '../history/history-file.ts'
import type { EventBody, FaultTarget } from '../history/history-event.ts'
import { countsEvent } from '../history/open-tasks.ts'
import { letterOf } from '../history/record-end.ts'
import type { Experiment, Step } from './experiment.ts'
import { monotonicMs } from './facts.ts'
import type { RunState } from './run-experiment.ts'
import { CONTROL_QUEUE, WORK_QUEUE } from './work.ts'

const PAGE = 500
/** As the load's own task has it. */
const RETRIES = 10

/** Writes down what the broker itself says when the run is over: what it still holds, and its dead letters. */
export async function recordRunEnd({ stage }: RunState): Promise<void> {
  const { history, observer } = stage
  if (history === undefined) return
  const file = historyFile({ folder: history.folder, by: 'end' })
  try {
    for (const queue of [WORK_QUEUE, CONTROL_QUEUE]) {
      const { deadLetters, inspect } = observer.broker.supports
      if (deadLetters) {
        for (let after: string | undefined; ;) {
          const page = await observer.queues.dead(queue, {
            limit: PAGE,
            ...(after !== undefined && { after }),
          })
          if (page.letters.length > 0) file.write(...page.letters.map((letter) => letterOf(letter, queue)))
          after = page.next
          if (after === undefined) break
        }
        file.write({ kind: 'listed', queue })
      }
      if (inspect === 'counts') file.write(countsEvent(queue, await observer.queues.inspect(queue)))
    }
  } catch {
    // Nobody can tell what is left: the promises that need it stay open.
  } finally {
    file.close()
  }
}

/** The promises I1 to I20, from what everybody wrote down; `undefined` where nobody did. Blocks until it is done. */
export function judgeRun(state: RunState): Judgement | undefined {
  const { history } = state.stage
  if (history === undefined) return undefined
  writeDeeds(state, history.folder)
  return checkHistoryFolder(history.folder, { ...history.promised, ...promisedIn(state) })
}

interface Deed {
  readonly at: number
  readonly body: EventBody
}

/** What was broken and when it was whole again, and whom the faults have killed. */
function writeDeeds({ injected, stage, startedAt, endedAt }: RunState, folder: string): void {
  const faults = injected.flatMap(({ step, armedAt, disarmedAt }): Deed[] => {
    if (armedAt === undefined) return []
    const name = nameOf(step)
    return [
      ...targetsOf(step).map((of): Deed => ({ at: armedAt, body: { kind: 'fault', name, of } })),
      { at: disarmedAt ?? endedAt, body: { kind: 'healed', name } },
    ]
  })
  // Deaths are told by the clock of this process.
  const offset = monotonicMs() - systemRuntime.monotonic()
  const deaths = stage.deaths.map(({ name, pid, at }): Deed => ({
    at: at + offset,
    body: { kind: 'killed', victim: `${name}.${pid}` },
  }))
  let at = startedAt
  const file = historyFile({ folder, by: 'experiment', now: () => at })
  for (const deed of [...faults, ...deaths].toSorted((a, b) => a.at - b.at)) {
    at = deed.at
    file.write(deed.body)
  }
  file.close()
}

/** What a fault takes away. */
function targetsOf({ kind, match }: Step): readonly FaultTarget[] {
  const layer = layerOf(kind)
  if (layer === 'call') {
    const method = match?.method ?? '*'
    return [
      ...(method.startsWith('results') ? [] : (['broker'] as const)),
      ...(/^(broker|consumer)/.test(method) ? [] : (['results'] as const)),
    ]
  }
  if (layer === 'link' || layer === 'server') return ['broker', 'results']
  if (layer === 'message' || layer === 'clock') return [layer]
  return ['process']
}

function promisedIn({ experiment, stage }: RunState): Promised {
  const skews = experiment.method.map((step) =>
    step.kind === 'clock.skew' ? parseDuration(step.by, 'clock.skew') : 0,
  )
  const recoverMs = recoveryWanted(experiment)
  return {
    retryLimit: experiment.load.retries ?? stage.own?.task.retry.limit ?? RETRIES,
    skewMs: skews.reduce((sum, skew) => sum + skew, 0),
    ...(recoverMs !== undefined && { recoverMs }),
  }
}

/** What the experiment itself expects of the recovery. */
function recoveryWanted({ steady }: Experiment): number | undefined {
  const bounds = steady
    .filter(({ probe }) => probe === 'recovery')
    .map(({ atMost, below }) => atMost ?? below)
    .filter((bound) => bound !== undefined)
  return bounds.length === 0
    ? undefined
    : Math.min(...bounds.map((bound) => parseDuration(bound, 'recovery')))
}
