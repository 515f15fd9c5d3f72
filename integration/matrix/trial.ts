import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Bananas, QueueError } from '@bananasjs/core'
import type { QueueCounts } from '@bananasjs/core/contract'
import { transportFor } from '../transport.ts'
import type { BrokerOnTrial, Starter } from './broker-on-trial.ts'
import { Crew } from './crew.ts'
import { LEASE_MS } from './disturbances.ts'
import type { Disturbance, Stage } from './disturbances.ts'
import { judge, readHistory } from './history.ts'
import type { Verdict } from './history.ts'
import { openLink } from './link.ts'
import { send } from './sender.ts'
import type { Sent } from './sender.ts'

export interface Trial {
  readonly on: Starter
  readonly disturbance: Disturbance
  readonly workers: number
  readonly longestNapMs: number
}

/** What was sent, what became of it, and what that cost. */
export interface Outcome extends Omit<Verdict, 'lost'> {
  readonly broker: string
  readonly disturbance: string
  readonly sent: number
  readonly acknowledged: number
  readonly refused: number
  /** Tasks that were acknowledged and never ran to their end. */
  readonly lost: readonly number[]
  /** What the broker says it still holds; `undefined` where it cannot be asked. */
  readonly remaining: number | undefined
  readonly dead: number | undefined
  readonly kills: number
  readonly seconds: number
}

const DRAIN_MS = 90_000

/**
 * Sends naps while worker processes run them and the disturbance does its worst; heals; waits until everything that was
 * acknowledged has run, then until the broker says that it is empty; reads what the workers wrote down.
 */
export async function runTrial(trial: Trial): Promise<Outcome> {
  const broker = await trial.on.start()
  try {
    return await runOn(broker, trial)
  } finally {
    await broker.stop()
  }
}

async function runOn(broker: BrokerOnTrial, trial: Trial): Promise<Outcome> {
  const { on, disturbance } = trial
  const tasks = Math.round(on.tasks * disturbance.share)
  const startedAt = performance.now()
  const folder = await mkdtemp(join(tmpdir(), 'bananas-trial-'))
  const link = await openLink(broker)
  const app = new Bananas({ transport: await transportFor(link.url) })
  const crew = new Crew({ ...trial, leaseMs: disturbance.leaseMs ?? LEASE_MS, url: link.url, folder })
  try {
    await app.open()
    const sending = send(app, tasks, trial.longestNapMs)
    const progress = async (share: number): Promise<void> => {
      await until(() => sending.acknowledged.size + sending.refused.size >= share * tasks)
    }
    const left = (): number => unfinished(folder, sending, tasks)
    const stage: Stage = { broker, crew, link, progress, left }
    await disturbance.run(stage)
    await link.heal()
    await sending.finished
    await until(() => unfinished(folder, sending, sending.acknowledged.size) === 0)
    const counts = await leftovers(app)
    await crew.stop()
    const { lost: neverEnded, ...verdict } = judge(readHistory(folder), tasks, crew.deaths)
    return {
      ...verdict,
      broker: on.name,
      disturbance: disturbance.name,
      sent: tasks,
      acknowledged: sending.acknowledged.size,
      refused: sending.refused.size,
      lost: neverEnded.filter((task) => sending.acknowledged.has(task)),
      ...counts,
      kills: crew.deaths.size,
      seconds: (performance.now() - startedAt) / 1000,
    }
  } finally {
    await link.heal()
    await crew.stop()
    await app.close()
    await link.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** How many of `expected` tasks, refused ones aside, have not run to their end. */
function unfinished(folder: string, { acknowledged }: Sent, expected: number): number {
  const ended = new Set<number>()
  for (const { task, endedAt } of readHistory(folder).runs) {
    if (endedAt !== undefined && acknowledged.has(task)) ended.add(task)
  }
  return expected - ended.size
}

/** Waits until the broker agrees that nothing is left; one that cannot count its tasks may still list its dead letters. */
async function leftovers(app: Bananas): Promise<Pick<Outcome, 'remaining' | 'dead'>> {
  const { inspect, deadLetters } = app.broker.supports
  if (inspect !== 'counts')
    return { remaining: undefined, dead: deadLetters ? await countDead(app) : undefined }
  const count = (): Promise<QueueCounts> => persist(() => app.queues.inspect('default'))
  let counts = await count()
  await until(async () => {
    counts = await count()
    return open(counts) === 0
  })
  return { remaining: open(counts), dead: counts.dead }
}

/** What was disturbed may take longer to recover than one call waits: then it is asked once more. */
async function persist<T>(ask: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + DRAIN_MS
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!QueueError.is(error) || !error.retryable || performance.now() > deadline) throw error
    }
    await sleep(100)
  }
}

function open({ ready, delayed = 0, leased = 0 }: QueueCounts): number {
  return ready + delayed + leased
}

async function countDead(app: Bananas): Promise<number> {
  const { letters } = await persist(() => app.queues.dead('default', { limit: 1000 }))
  return letters.length
}

/** Gives up quietly: what is missing then is for the verdict to say. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + DRAIN_MS
  while (!(await holds()) && performance.now() < deadline) await sleep(100)
}
