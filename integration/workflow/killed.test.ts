import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Bananas, QueueError } from '@bananasjs/core'
import { outline, workflows } from '@bananasjs/workflow'
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
/** By progress, not by time: workers that are killed before they have begun would get nowhere on a slow machine. */
const FLOWS_A_KILL = 4
const LIMIT_MS = 120_000

interface Setting {
  /** As `transportFor` reads it. */
  readonly url: string
  /**
   * The broker gives back what a worker has not begun as a copy, and a worker that is killed between the copy and the
   * acknowledgement leaves both: then a task runs twice although nobody died who ran it.
   */
  readonly copies?: boolean
  readonly stop: () => Promise<void>
}

const SETTINGS: Readonly<Record<string, (folder: string) => Promise<Setting>>> = {
  SQLite: async (folder) => ({ url: `sqlite:${join(folder, 'tasks.db')}`, stop: async () => undefined }),
  Redis: () => startRedisProcess(),
  'RabbitMQ, and results on Redis': async () => {
    const [broker, results] = await Promise.all([startRabbitmqProcess(), startRedisProcess()])
    return {
      url: `${broker.url} ${results.url}`,
      copies: true,
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
    { timeout: 3 * LIMIT_MS },
    async (name) => {
      const folder = await mkdtemp(join(tmpdir(), 'bananas-workflows-'))
      undo.push(() => rm(folder, { recursive: true, force: true }))
      const { url, copies = false, stop } = await SETTINGS[name]!(folder)
      undo.push(stop)
      const program = join(import.meta.dirname, 'steps-process.ts')
      const crew = new Crew({ url, folder, workers: 4, leaseMs: 5000, program })
      undo.push(() => crew.stop())
      const flows = workflows()
      const app = new Bananas({ transport: await transportFor(url), plugins: [flows] })
      undo.push(() => app.close())
      await app.open()

      const all = fc.sample(shapes(true), { numRuns: FLOWS, seed })
      let ended = 0
      const outcomes = await inFlight(all, async (shape, at) => {
        const outcome = await outcomeOf(flows, shape, `flow-${at}`)
        ended += 1
        if (ended % FLOWS_A_KILL === 0) crew.killOne()
        return outcome
      })
      const kills = crew.deaths.size
      await crew.stop()

      const wrong = all.flatMap((shape, at) =>
        difference(evaluate(shape, 'input').outcome, outcomes[at]!, at),
      )
      expect(wrong).toEqual([])
      const begun = readBegun(folder)
      const twins = unexcused(begun, crew.deaths)
      if (copies) expect(twins.length).toBeLessThan(kills)
      else expect(twins).toEqual([])
      const repeated = [...begun.values()].filter((runs) => runs.length > 1).length
      // Two that fall on one worker are one death; a kill that hits nobody at work proves nothing.
      expect(kills).toBeGreaterThan(FLOWS / FLOWS_A_KILL / 2)
      expect(repeated).toBeGreaterThan(0)
      process.stderr.write(
        `${name}: ${FLOWS} workflows, ${begun.size} steps begun, ${repeated} of them again, ${twins.length} without a death, ${kills} kills\n`,
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
    if (QueueError.is(error, 'RESULT_TIMEOUT'))
      throw new Error(`It hangs:\n${outline(await run.status()).join('\n')}`, { cause: error })
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
