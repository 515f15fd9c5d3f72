import type { Bananas } from '@bananasjs/core'
import type { ResultBackend } from '@bananasjs/core/contract'
import { gather, JOIN_TTL_MS, joinOf, SENDER_POSITION, totalKeyOf } from './tasks.ts'
import type { GatherInput } from './tasks.ts'

/**
 * Makes the last task depend on all others: each arrives at its own position, and whoever finds that everyone is there
 * sends the last task. Arriving twice changes nothing, so a task that runs again after a crash does no harm.
 */
export interface Join {
  readonly app: Bananas
  readonly results: ResultBackend
  readonly run: string
  readonly folder: string
  readonly scratch: string
}

/** How many files have been measured. */
export async function countArrived({ results, run }: Join): Promise<number> {
  const arrived = await results.arrive(joinOf(run), [], JOIN_TTL_MS)
  return Math.max(0, arrived - ((await readTotal(results, run)) === undefined ? 0 : 1))
}

export async function arrive(join: Join, position: number): Promise<void> {
  const { results, run } = join
  const arrived = await results.arrive(joinOf(run), [position], JOIN_TTL_MS)
  const total = await readTotal(results, run)
  if (total !== undefined && arrived === total + 1) await sendGather(join, total)
}

/** All files are sent: from now on it is known how many must arrive. */
export async function arriveWithTotal(join: Join, total: number): Promise<void> {
  const { results, run } = join
  await results.swap(totalKeyOf(run), null, Buffer.from(String(total)), JOIN_TTL_MS)
  await arrive(join, SENDER_POSITION)
}

async function readTotal(results: ResultBackend, run: string): Promise<number | undefined> {
  const stored = await results.swap(totalKeyOf(run), null, null, 0)
  return stored === null ? undefined : Number(Buffer.from(stored).toString())
}

/** Two may find everyone there at the same moment; the second one's task is dropped. */
async function sendGather({ app, run, folder, scratch }: Join, total: number): Promise<void> {
  const input: GatherInput = { run, folder, total, scratch }
  await app.enqueue(gather, input, { id: gatherId(run), unique: { key: run, for: '1d' } })
}

export function gatherId(run: string): string {
  return `${run}-report`
}
