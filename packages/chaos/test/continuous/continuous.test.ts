import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Bananas, systemRuntime } from '@bananasjs/core'
import type { Runtime } from '@bananasjs/core'
import { memory, memoryStore } from '@bananasjs/core/memory'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  brokenAuditLine,
  ChaosController,
  chaosAgent,
  channelLine,
  isChaosEvent,
  RemoteSite,
  startContinuousChaos,
  stopExperiments,
} from '../../src/index.ts'
import type {
  ChaosEvent,
  ContinuousChaos,
  ContinuousOptions,
  ContinuousPlan,
  FaultSite,
} from '../../src/index.ts'
import { echo, until } from '../faults/stage.ts'

const PLAN: ContinuousPlan = {
  title: 'a plan',
  background: [{ kind: 'task.slow', rate: 0.3, by: 1 }],
  stop: [{ probe: 'error-rate', above: 0.5 }],
  safety: { mostRate: 1 },
  confidence: { every: 100, target: 0.9 },
}

interface Ground {
  readonly chaos: ChaosController
  readonly store: ReturnType<typeof memoryStore>
  /** Sends so many tasks, and waits until they have ended. */
  readonly work: (count: number) => Promise<void>
  readonly start: (
    plan?: Partial<ContinuousPlan>,
    options?: Partial<ContinuousOptions>,
  ) => Promise<ContinuousChaos>
  readonly told: readonly ChaosEvent[]
  readonly stopWorker: () => Promise<void>
}

/** An application that works, and somebody beside it who watches. */
async function ground(sites?: readonly FaultSite[]): Promise<Ground> {
  const store = memoryStore()
  const chaos = new ChaosController({ enabled: true })
  const app = new Bananas({ transport: chaos.transport(memory({ store })), plugins: [chaos.plugin] })
  const parts = memory({ store })
  const watcher = new Bananas({ transport: parts })
  const worker = app.worker({ signals: [], drain: 50, onError: () => undefined })
  worker.handle(echo, (text) => text)
  await worker.start()
  const told: ChaosEvent[] = []
  onTestFinished(async () => {
    await chaos.calm()
    await app.close()
    await watcher.close()
  })
  return {
    chaos,
    store,
    told,
    stopWorker: () => worker.stop(),
    async work(count) {
      const jobs = await watcher.enqueueMany(
        echo,
        Array.from({ length: count }, () => 'x'),
      )
      await Promise.all(jobs.map((job) => job.result({ timeout: '20s' }).catch(() => undefined)))
    },
    async start(plan = {}, options = {}) {
      const running = await startContinuousChaos(
        { ...PLAN, ...plan },
        {
          app: watcher,
          parts,
          sites: sites ?? [chaos],
          enabled: true,
          env: {},
          signals: [],
          onEvent: (event) => told.push(event),
          ...options,
        },
      )
      onTestFinished(() => running.stop())
      return running
    },
  }
}

/** Its wall clock shows this moment as it begins. */
function clockAt(iso: string): Runtime {
  const offset = Date.parse(iso) - Date.now()
  return { ...systemRuntime, now: () => Date.now() + offset }
}

const at = (told: readonly ChaosEvent[], phase: string) =>
  told.find((event) => event.type === 'chaos.game-day' && event.phase === phase)

const noon = { title: 'noon', when: { at: '12:00' } } as const

describe('continuous chaos', { timeout: 60_000 }, () => {
  it('breaks nothing before a worker was seen, then a few, and scores what comes of it', async () => {
    const on = await ground()
    const running = await on.start()
    expect([running.state, on.chaos.idle]).toEqual(['suspended', true])
    await until('a worker was seen', async () => {
      await on.work(1)
      return running.state === 'running'
    })
    await on.work(200)
    await until('it bit, and all was heard', () => {
      const { bites, ended } = running.confidence
      return bites > 20 && ended >= 200
    })
    const { score, dead } = running.confidence
    expect(dead).toBe(0)
    expect(score).toBeGreaterThan(0.97)
    expect(score).toBeLessThan(1)
    await running.stop('enough')
    expect([running.state, on.chaos.idle, await running.ended]).toEqual(['stopped', true, 'enough'])
  })

  it('tells its score among the events of the application, to anybody who listens', async () => {
    const on = await ground()
    const listener = new Bananas({ transport: memory({ store: on.store }) })
    onTestFinished(() => listener.close())
    const heard: ChaosEvent[] = []
    const listening = (async () => {
      for await (const event of listener.events()) {
        if (isChaosEvent(event)) heard.push(event)
        if (heard.some((one) => one.type === 'chaos.stopped')) return
      }
    })()
    await listener.open()
    const running = await on.start()
    await until('a score was heard', async () => {
      await on.work(5)
      return heard.some((one) => one.type === 'chaos.confidence' && one.score !== undefined)
    })
    await running.stop('enough')
    await listening
    expect(heard.at(-1)).toMatchObject({ type: 'chaos.stopped', title: 'a plan', reason: 'enough' })
    expect(heard.map(({ seq }) => seq)).toEqual(heard.map((_, index) => heard[0]!.seq + index))
  })

  it('ends at a stop condition, for good', async () => {
    const on = await ground()
    const running = await on.start({ background: [{ kind: 'task.throw', rate: 1 }] })
    await until('it was stopped', async () => {
      await on.work(3)
      return running.state === 'stopped'
    })
    expect(await running.ended).toMatch(/^stop condition: error-rate above 0\.5: it is /)
    expect(on.chaos.idle).toBe(true)
  })

  it('ends when a probe does not answer', async () => {
    const on = await ground()
    const probe = { name: 'ours', measure: () => Promise.reject(new Error('no data')) }
    const running = await on.start({ stop: [{ probe, above: 1 }] })
    expect(await running.ended).toBe('stop condition: ours gave no answer: no data')
  })

  it('is stopped over the channel, by a signal of the process, and by an AbortSignal', async () => {
    const on = await ground()
    const first = await on.start()
    const other = memory({ store: on.store })
    await stopExperiments(other.channel!, 'bananas-chaos', 'enough')
    expect(await first.ended).toBe('stopped over the channel: enough')
    const second = await on.start({}, { signals: ['SIGUSR2'] })
    process.kill(process.pid, 'SIGUSR2')
    expect(await second.ended).toBe('stopped by SIGUSR2')
    const stop = new AbortController()
    const third = await on.start({}, { signal: stop.signal })
    stop.abort('the deployment begins')
    expect(await third.ended).toBe('the deployment begins')
  })

  it('takes its faults away when no worker is seen any more', async () => {
    const on = await ground()
    const running = await on.start({ safety: { mostRate: 1, blindAfter: 1000 } })
    await until('it runs', async () => {
      await on.work(1)
      return running.state === 'running'
    })
    await on.stopWorker()
    await until('it is suspended', () => running.state === 'suspended')
    expect(on.chaos.idle).toBe(true)
    expect(on.told.find(({ type }) => type === 'chaos.suspended')).toMatchObject({
      reason: expect.stringMatching(/no sign of life from any worker/) as string,
    })
  })

  it('reaches the workers of other processes over the channel, and leaves nothing behind', async () => {
    const store = memoryStore()
    const line = await channelLine(memory({ store }).channel!, 'faults')
    const site = new RemoteSite(line)
    onTestFinished(async () => {
      await site[Symbol.asyncDispose]()
      await line[Symbol.asyncDispose]()
    })
    const on = await ground([site])
    const far = await channelLine(memory({ store }).channel!, 'faults')
    const leave = chaosAgent(on.chaos, far)
    onTestFinished(async () => {
      await leave()
      await far[Symbol.asyncDispose]()
    })
    const running = await on.start()
    await until('it bit over there', async () => {
      await on.work(5)
      return running.confidence.bites > 0
    })
    await running.stop()
    await until('nothing is left over there', () => on.chaos.idle)
  })

  it('does not run beside another one, or an experiment, on the same target', async () => {
    const on = await ground()
    await on.start({ title: 'the first' })
    await expect(on.start()).rejects.toThrow(/Another experiment runs.*"the first"/)
  })

  it('writes down all that it does', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bananas-continuous-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const audit = join(folder, 'audit.jsonl')
    const on = await ground()
    const running = await on.start({}, { audit })
    await until('it runs', async () => {
      await on.work(1)
      return running.state === 'running'
    })
    await running.stop('enough')
    const lines = readFileSync(audit, 'utf8').trim().split('\n')
    const deeds = lines.map((line) => (JSON.parse(line) as { what: string }).what)
    expect(deeds).toEqual(['start', 'arm', 'stop', 'disarm', 'end'])
    expect(brokenAuditLine(audit)).toBeUndefined()
  })
})

describe('permission for continuous chaos', () => {
  it('is off unless it is allowed, here', async () => {
    const on = await ground()
    await expect(on.start({}, { enabled: false })).rejects.toMatchObject({ code: 'DENIED' })
    await expect(on.start({}, { env: { BANANAS_ENV: 'somewhere' } })).rejects.toThrow(/it may run in/)
    expect(on.chaos.idle).toBe(true)
  })

  it('takes two settings, a blast radius and low rates in production', async () => {
    const on = await ground()
    const env = { NODE_ENV: 'production' }
    const own = { ...env, BANANAS_CHAOS_PRODUCTION: 'i-own-this' }
    const safety = { production: true }
    const background = [{ kind: 'task.slow', by: 1, rate: 0.02 }] as const
    await expect(on.start({ safety: {} }, { env })).rejects.toThrow(/safety\.production: true/)
    await expect(on.start({ safety }, { env })).rejects.toThrow(/BANANAS_CHAOS_PRODUCTION/)
    await expect(on.start({ safety }, { env: own })).rejects.toThrow(/needs a blast radius/)
    const blast = { share: 0.1 }
    await expect(on.start({ safety, blast, background }, { env: own })).rejects.toThrow(
      /safety\.mostRate, 0\.01/,
    )
    const rough = { ...noon, method: [{ kind: 'server.kill' }] } as const
    await expect(on.start({ safety, blast, gameDays: [rough] }, { env: own })).rejects.toThrow(
      /server\.kill hits everybody/,
    )
  })

  it('is refused for a game day longer than what is allowed, and for a fault nothing here takes', async () => {
    const on = await ground()
    const long = { ...noon, lasts: '20m', method: [{ kind: 'task.throw' }] } as const
    await expect(on.start({ gameDays: [long] })).rejects.toThrow(/gameDays\[0\]\.lasts.*safety\.maxDuration/)
    const rough = { ...noon, method: [{ kind: 'server.kill' }] } as const
    await expect(on.start({ gameDays: [rough] })).rejects.toThrow(/server\.kill hits nothing here/)
  })
})

describe('a game day', { timeout: 60_000 }, () => {
  const day = { ...noon, lasts: 4000, method: [{ kind: 'task.throw', match: { attempt: 1 } }] } as const
  const calm: Partial<ContinuousPlan> = { background: [], stop: [{ probe: 'dead', above: 5 }] }

  it('begins at its time, breaks more than otherwise, ends in time and is judged', async () => {
    const on = await ground()
    const runtime = clockAt('2026-11-27T12:00:01Z')
    const running = await on.start({ ...calm, gameDays: [day] }, { runtime })
    await until('it has ended', async () => {
      await on.work(3)
      return at(on.told, 'ended') !== undefined
    })
    expect(at(on.told, 'ended')).toMatchObject({ title: 'noon', outcome: 'held' })
    expect(on.chaos.idle).toBe(true)
    expect(running.confidence.bites).toBeGreaterThan(2)
    expect(on.told.filter((event) => event.type === 'chaos.game-day')).toHaveLength(2)
  })

  it('is held once a day, though its keeper is started again', async () => {
    const on = await ground()
    const runtime = clockAt('2026-11-27T12:00:01Z')
    for (const phase of ['begun', 'skipped']) {
      const running = await on.start({ ...calm, gameDays: [day] }, { runtime })
      await until(phase, async () => {
        await on.work(1)
        return at(on.told, phase) !== undefined
      })
      await running.stop()
    }
    expect(at(on.told, 'skipped')).toMatchObject({ reason: 'it was held already' })
  })

  it('is ended by a stop condition of its own, and the rest goes on', async () => {
    const on = await ground()
    const stop = [{ probe: 'error-rate', above: 0.3 }] as const
    const method = [{ kind: 'task.throw' }] as const
    const runtime = clockAt('2026-11-27T12:00:01Z')
    const plan = { ...calm, stop: [{ probe: 'throughput', above: 1e9 }] } as const
    const running = await on.start(
      { ...plan, gameDays: [{ ...day, lasts: '1m', method, stop }] },
      { runtime },
    )
    await until('it has ended', async () => {
      await on.work(1)
      return at(on.told, 'ended') !== undefined
    })
    expect(at(on.told, 'ended')).toMatchObject({
      outcome: 'aborted',
      reason: expect.stringMatching(/error-rate above 0\.3/) as string,
    })
    expect(running.state).toBe('running')
    expect(on.chaos.idle).toBe(true)
  })

  it('is inconclusive when a fault never bit', async () => {
    const on = await ground()
    const method = [{ kind: 'task.throw', match: { task: 'other' } }] as const
    const runtime = clockAt('2026-11-27T12:00:01Z')
    await on.start({ ...calm, gameDays: [{ ...day, method }] }, { runtime })
    await until('it has ended', async () => {
      await on.work(1)
      return at(on.told, 'ended') !== undefined
    })
    expect(at(on.told, 'ended')).toMatchObject({
      outcome: 'inconclusive',
      reason: 'the fault task.throw never bit',
    })
  })
})
