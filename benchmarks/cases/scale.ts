import { Bananas, defineTask } from '@bananasjs/core'
import type { Task } from '@bananasjs/core'
import { RATE } from '../case.ts'
import type { Case, Measure, Round } from '../case.ts'
import { inChild } from '../in-child.ts'
import { payloads } from '../payload.ts'
import type { Payload } from '../payload.ts'
import { transportOn } from '../systems/bananas-kinds.ts'
import { BULK } from './enqueue-bulk.ts'
import type { ScaleAnswer, ScaleOrder } from './scale-worker-main.ts'

export interface ScaleStore {
  readonly name: string
  /** A new, empty place for one round: see `transportOn`. */
  place(): string
  clear(): Promise<void>
}

const SMALL = 100
const WARM_UP = 20_000

/** A worker process of its own drains a long queue, and one a hundredth as long: does it slow down, does it grow? */
export function scale(store: ScaleStore, tasks: number = 1_000_000): Case {
  const measures: readonly Measure[] = [
    RATE,
    { name: 'peak', unit: 'MB RSS', better: 'lower' },
    { name: 'growth', unit: 'MB RSS', better: 'lower' },
  ]
  const small = Math.max(1, Math.floor(tasks / SMALL))
  // The same for both, so that neither has the better compiled code.
  const warmUp = Math.min(WARM_UP, tasks)
  const few = `${small.toLocaleString('en')} queued`
  const many = `${tasks.toLocaleString('en')} queued`
  return {
    name: `scale-${store.name}`,
    title: `drain a long queue on ${store.name}, concurrency 100`,
    tasks,
    measures,
    goals: [{ measure: 'rate', against: few, floor: 0.8 }],
    rounds: 3,
    warmups: 0,
    contenders: [
      { name: many, role: 'ours', round: () => drainIn(store, tasks, warmUp) },
      { name: few, role: 'baseline', round: () => drainIn(store, small, warmUp) },
    ],
  }
}

async function drainIn(store: ScaleStore, tasks: number, warmUp: number): Promise<Round> {
  const place = store.place()
  try {
    const app = new Bananas({ transport: await transportOn(place) })
    try {
      await fill(app, 'warm-up', warmUp)
      await fill(app, 'long', tasks)
    } finally {
      await app.close()
    }
    return roundOf(await inWorker({ place, warmUp, tasks }))
  } finally {
    await store.clear()
  }
}

async function fill(app: Bananas, queue: string, tasks: number): Promise<void> {
  const task: Task<Payload, undefined> = defineTask('bench', { queue, ignoreResult: true })
  for (let at = 0; at < tasks; at += BULK)
    await app.enqueueMany(task, payloads(at, Math.min(tasks, at + BULK)))
}

function inWorker(order: ScaleOrder): Promise<ScaleAnswer> {
  return inChild(new URL('./scale-worker-main.ts', import.meta.url), order)
}

/** Growth is told between the second and the last quarter of the time: the first is the heap's own warming up. */
function roundOf({ rate, delivery, rss }: ScaleAnswer): Round {
  const quarter = Math.max(1, Math.floor(rss.length / 4))
  const early = Math.max(...rss.slice(quarter, 2 * quarter), rss[0]!)
  const late = Math.max(...rss.slice(-quarter))
  return { figures: { rate, peak: Math.max(...rss), growth: late - early }, delivery, series: { rss } }
}
