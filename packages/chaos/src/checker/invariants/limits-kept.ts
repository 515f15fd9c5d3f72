import type { EventOf } from '../../history/history-event.ts'
import { grainOf, seeing } from '../invariant.ts'
import type { Bench, Invariant, Judge } from '../invariant.ts'
import type { LimitPromise } from '../promised.ts'

/** Never more runs at once, nor more starts in any window of time, than the limit allows. */
export const limitsKept: Invariant = {
  id: 'I13',
  title: 'limits are kept',
  scope: 'limit',
  kinds: ['start', 'end', 'lost'],
  undecidable: ({ limits = [] }) => (limits.length > 0 ? undefined : 'no limit was promised (limits)'),
  judge,
}

function judge(bench: Bench): Judge {
  const limit = bench.promised.limits!.find(({ name }) => name === bench.key)!
  const judges = [concurrencyJudge(bench, limit), rateJudge(bench, limit)].filter((one) => one !== undefined)
  return { see: (event) => judges.forEach((judge) => judge.see(event)) }
}

function concurrencyJudge(
  { breach, circumstances }: Bench,
  { concurrency }: LimitPromise,
): Judge | undefined {
  if (concurrency === undefined) return undefined
  const running = new Map<string, EventOf<'start'>>()
  const over = (event: EventOf<'end'> | EventOf<'lost'>): void => void running.delete(runOf(event))
  return seeing({
    start(event) {
      // The dead run nothing.
      for (const [run, { by }] of running) if (circumstances.endOf(by) <= event.at) running.delete(run)
      running.set(runOf(event), event)
      if (running.size > concurrency)
        breach(`${running.size} ran at once, ${concurrency} may`, [...running.values()])
    },
    end: over,
    // Somebody else may run it now; who lost it runs on as nobody.
    lost: over,
  })
}

function runOf({ task, by }: { readonly task: string; readonly by: string }): string {
  return `${by} ${task}`
}

function rateJudge({ breach, promised }: Bench, { rate }: LimitPromise): Judge | undefined {
  if (rate === undefined) return undefined
  const starts: EventOf<'start'>[] = []
  return seeing({
    start(event) {
      starts.push(event)
      if (starts.length <= rate.count) return
      const [first] = starts.splice(0, starts.length - rate.count)
      if (event.at - first!.at >= rate.perMs - grainOf(promised)) return
      const tookMs = Math.round(event.at - first!.at)
      breach(`${rate.count + 1} starts in ${tookMs} ms, ${rate.count} may in ${rate.perMs} ms`, [
        first!,
        ...starts,
      ])
    },
  })
}
