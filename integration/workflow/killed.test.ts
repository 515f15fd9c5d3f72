import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Bananas, QueueError } from '@bananasjs/core'
import { workflows } from '@bananasjs/workflow'
import type { Workflows } from '@bananasjs/workflow'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { startRabbitmqProcess } from '../../packages/rabbitmq/test/brokers/rabbitmq-process.ts'
import { startRedisProcess } from '../../packages/redis/test/brokers/redis-process.ts'
import { Crew } from '../matrix/crew.ts'
import { transportFor } from '../transport.ts'
import { readBegun, unexcused } from './begun.ts'
import { evaluate } from './evaluate.ts'
import type { Outcome } from './evaluate.ts'
import { text } from './ops.ts'
import { shapes } from './shape.ts'
import type { Shape } from './shape.ts'
import { signatureOf } from './signature-of.ts'

const seed = Number(process.env['BANANAS_SEED'] ?? Date.now() % 2 ** 31)
const FLOWS = 500
const IN_FLIGHT = 25
const KILL_EVERY_MS = 300
/** A kill that hits nobody at work proves nothing. */
const FEWEST_KILLS = 30
const LIMIT_MS = 300_000

interface Setting {
  /** As `transportFor` reads it. */
  readonly url: string
  readonly stop: () => Promise<void>
}

const SETTINGS: Readonly<Record<string, (folder: string) => Promise<Setting>>> = {
  SQLite: async (folder) => ({ url: `sqlite:${join(folder, 'tasks.db')}`, stop: async () => undefined }),
  Redis: () => startRedisProcess(),
  'RabbitMQ, and results on Redis': async () => {
    const [broker, results] = await Promise.all([startRabbitmqProcess(), startRedisProcess()])
    return {
      url: `${broker.url} ${results.url}`,
      stop: async () => void (await Promise.all([broker.stop(), results.stop()])),
    }
  },
}

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

describe(`${FLOWS} workflows while workers are killed, BANANAS_SEED=${seed}`, () => {
  it.each(Object.keys(SETTINGS))(
    'on %s come to what a plain evaluation does, each step once',
    { timeout: LIMIT_MS + 60_000 },
    async (name) => {
      const folder = await mkdtemp(join(tmpdir(), 'bananas-workflows-'))
      undo.push(() => rm(folder, { recursive: true, force: true }))
      const { url, stop } = await SETTINGS[name]!(folder)
      undo.push(stop)
      const program = join(import.meta.dirname, 'steps-process.ts')
      const crew = new Crew({ url, folder, workers: 4, leaseMs: 2000, program })
      undo.push(() => crew.stop())
      const flows = workflows()
      const app = new Bananas({ transport: await transportFor(url), plugins: [flows] })
      undo.push(() => app.close())
      await app.open()

      const all = fc.sample(shapes(true), { numRuns: FLOWS, seed })
      const killing = setInterval(() => crew.killOne(), KILL_EVERY_MS)
      undo.push(async () => clearInterval(killing))
      const outcomes = await inFlight(all, (shape, at) => outcomeOf(flows, shape, `flow-${at}`))
      clearInterval(killing)
      const kills = crew.deaths.size
      await crew.stop()

      const wrong = all.flatMap((shape, at) =>
        difference(evaluate(shape, 'input').outcome, outcomes[at]!, at),
      )
      expect(wrong).toEqual([])
      const begun = readBegun(folder)
      expect(unexcused(begun, crew.deaths)).toEqual([])
      const repeated = [...begun.values()].filter((runs) => runs.length > 1).length
      expect(kills).toBeGreaterThan(FEWEST_KILLS)
      process.stderr.write(
        `${name}: ${FLOWS} workflows, ${begun.size} steps begun, ${repeated} of them again, ${kills} kills\n`,
      )
    },
  )
})

async function inFlight<T>(
  shapesToRun: readonly Shape[],
  run: (shape: Shape, at: number) => Promise<T>,
): Promise<readonly T[]> {
  const results: T[] = []
  const queue = shapesToRun.entries()
  const lane = async (): Promise<void> => {
    for (const [at, shape] of queue) results[at] = await run(shape, at)
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane))
  return results
}

async function outcomeOf(flows: Workflows, shape: Shape, id: string): Promise<Outcome> {
  const run = await flows.start(signatureOf(shape), 'input', { id })
  try {
    return { ok: true, value: await run.result({ timeout: LIMIT_MS }) }
  } catch (error) {
    if (QueueError.is(error, 'TASK_FAILED')) return { ok: false }
    throw error
  }
}

function difference(plain: Outcome, queued: Outcome, at: number): readonly string[] {
  if (plain.ok !== queued.ok) return [`flow-${at}: ${told(plain)} by plain evaluation, ${told(queued)} here`]
  if (!plain.ok || !queued.ok || text(plain.value) === text(queued.value)) return []
  return [`flow-${at}: ${text(plain.value)} by plain evaluation, ${text(queued.value)} here`]
}

function told({ ok }: Outcome): string {
  return ok ? 'succeeded' : 'failed'
}
