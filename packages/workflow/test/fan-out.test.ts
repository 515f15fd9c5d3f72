import { defineTask } from '@bananasjs/core'
import { describe, expect, it } from 'vitest'
import { chain, group, step } from '../src/index.ts'
import type { Gathered, Settled } from '../src/index.ts'
import { double, echo, fail, testFlows } from './app.ts'
import { until } from '../../../tests/until.ts'

const total = defineTask<Gathered<number>, number>('total', { retry: false })
const fates = defineTask<Gathered<Settled<number>>, string>('fates', { retry: false })
const odd = defineTask<number, number>('odd', { retry: false })

function spreading() {
  const test = testFlows()
  const { flows } = test
  const start = (more?: Parameters<typeof test.work>[1]) =>
    test.work({ concurrency: 50 }, (worker) => {
      worker.handle(total, async (gathered) => {
        let sum = 0
        for await (const value of flows.results(gathered)) sum += value
        return sum
      })
      worker.handle(fates, async (gathered) => {
        const seen: string[] = []
        for await (const fate of flows.results(gathered))
          seen.push(fate.status === 'fulfilled' ? String(fate.value) : fate.reason.message)
        return seen.join(' ')
      })
      worker.handle(odd, (n) => {
        if (n % 2 === 0) throw new Error('even')
        return n
      })
      more?.(worker)
    })
  return { ...test, start }
}

async function* upTo(count: number) {
  for (let n = 0; n < count; n += 1) yield n
}

describe('a fan-out', () => {
  it('runs a task for each input of an async iterable, then its body, which reads the results page by page', async () => {
    const { flows, start, errors } = spreading()
    await start()
    const run = await flows.startEach(double, upTo(2500), { body: total })
    expect(await run.result({ timeout: '20s' })).toBe(2500 * 2499)
    expect(errors).toEqual([])
    const { state, nodes } = await run.status()
    expect(state).toBe('succeeded')
    expect(nodes[0]).toMatchObject({ members: { total: 2500, ended: 2500, failed: 0 }, state: 'succeeded' })
  }, 20_000)

  it('without a body answers with where the results are', async () => {
    const { flows, start } = spreading()
    await start()
    const run = await flows.startEach(double, [3, 4])
    const gathered = await run.result()
    expect(gathered).toMatchObject({ workflow: run.id, total: 2 })
    const seen: number[] = []
    for await (const value of flows.results(gathered)) seen.push(value)
    expect(seen).toEqual([6, 8])
  })

  it('of nobody ends at once', async () => {
    const { flows, start } = spreading()
    await start()
    expect(await (await flows.startEach(double, [], { body: total })).result()).toBe(0)
  })

  it('keeps a portion of the inputs in memory, however many there are', async () => {
    const { flows, start } = spreading()
    await start()
    let taken = 0
    let most = 0
    let acknowledged = 0
    const counting = async function* () {
      for (let n = 0; n < 20_000; n += 1) {
        taken += 1
        most = Math.max(most, taken - acknowledged)
        if (taken % 1000 === 0) {
          yield n
          acknowledged = taken
        } else yield n
      }
    }
    const run = await flows.startEach(double, counting(), { body: total })
    expect(await run.result({ timeout: '60s' })).toBe(20_000 * 19_999)
    expect(most).toBeLessThanOrEqual(1000)
  }, 60_000)

  it('fails with its first failure, and stops sending', async () => {
    const { flows, start } = spreading()
    await start()
    let taken = 0
    const endless = async function* () {
      for (;;) {
        taken += 1
        // As a file or a cursor would: the worker is in the same process.
        if (taken % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
        yield taken
      }
    }
    const run = await flows.startEach(odd, endless(), { body: total })
    await expect(run.result()).rejects.toThrow('even')
    expect(taken).toBeGreaterThan(0)
  }, 20_000)

  it('lets members fail where its policy does', async () => {
    const { flows, start } = spreading()
    await start()
    const settled = await flows.startEach(odd, [1, 2, 3], { body: fates, policy: 'settled' })
    expect(await settled.result()).toBe('1 even 3')
    const enough = await flows.startEach(odd, [1, 2, 3], { body: fates, policy: { atLeast: 2 } })
    expect(await enough.result()).toBe('1 even 3')
    const tooFew = await flows.startEach(odd, [2, 3, 4], { body: fates, policy: { atLeast: 2 } })
    await expect(tooFew.result()).rejects.toThrow('only 1 of 3 succeeded, at least 2 were to')
    const patient = await flows.startEach(odd, [2, 3, 5], { body: total, policy: 'waitForAll' })
    await expect(patient.result()).rejects.toMatchObject({ code: 'TASK_FAILED' })
  })

  it('that was cut short carries on where it was when it is started again under its id', async () => {
    const { flows, start, ran } = spreading()
    const broken = async function* () {
      yield* upTo(2000)
      throw new Error('cut short')
    }
    await expect(flows.startEach(double, broken(), { id: 'big', body: total })).rejects.toThrow('cut short')
    await start()
    await until('the first were done', () => ran.length === 2000)
    const run = await flows.startEach(double, upTo(3000), { id: 'big', body: total })
    expect(await run.result({ timeout: '20s' })).toBe(3000 * 2999)
    expect(ran.length).toBe(3000)
    const again = await flows.startEach(double, upTo(3000), { id: 'big', body: total })
    expect(await again.result()).toBe(3000 * 2999)
    expect(ran.length).toBe(3000)
    await expect(flows.startEach(double, upTo(10), { id: 'big', body: total })).rejects.toMatchObject({
      code: 'CONFLICT',
    })
  }, 30_000)

  it('whose body failed is retried from the body on; one whose members failed is not', async () => {
    const { flows, work } = testFlows()
    let broken = true
    await work({}, (worker) =>
      worker.handle(total, ({ total: count }) => {
        if (broken) throw new Error('broken')
        return count
      }),
    )
    const run = await flows.startEach(double, [1, 2], { body: total })
    await expect(run.result()).rejects.toThrow('broken')
    broken = false
    await run.retry()
    expect(await run.result()).toBe(2)
    const lost = await flows.startEach(fail, [1, 2], { body: echo })
    await expect(lost.result()).rejects.toThrow('failed with')
    await expect(lost.retry()).rejects.toThrow('their inputs are not kept')
  })

  it('can be cancelled while it runs', async () => {
    const { flows, start, ran } = spreading()
    const run = await flows.startEach(double, upTo(1500), { body: total })
    expect(await run.cancel('stop')).toBe(true)
    await start()
    await expect(run.result()).rejects.toMatchObject({ code: 'TASK_CANCELLED' })
    expect(ran).toEqual([])
  })
})

describe('a step that becomes a workflow', () => {
  const grow = defineTask<number, number>('grow', { retry: false })

  it('hands on what that returns', async () => {
    const { flows, start, ran } = spreading()
    await start((worker) =>
      worker.handle(grow, (n, context) => flows.become(context, chain(double, double), n)),
    )
    const run = await flows.start(chain(grow, double), 1)
    expect(await run.result()).toBe(8)
    expect(ran).toEqual(['double 1', 'double 2', 'double 4'])
  })

  it('fails when that does, with its error', async () => {
    const { flows, start } = spreading()
    await start((worker) =>
      worker.handle(grow, (n, context) => flows.become(context, chain(double, fail), n)),
    )
    const run = await flows.start(chain(grow, double), 1)
    await expect(run.result()).rejects.toThrow('failed with 2')
  })

  it('may do so again and again, in groups and at the end', async () => {
    const { flows, start } = spreading()
    await start((worker) =>
      worker.handle(grow, (n, context) => (n >= 40 ? n : flows.become(context, grow, n + 1))),
    )
    const run = await flows.start(group([step(grow).with(0), step(grow).with(38)]))
    expect(await run.result()).toEqual([40, 40])
  })

  it('may become a fan-out', async () => {
    const { flows, start } = spreading()
    await start((worker) =>
      worker.handle(grow, (n, context) => flows.becomeEach(context, double, upTo(n), { body: total })),
    )
    const run = await flows.start(chain(grow, double), 1200)
    expect(await run.result({ timeout: '20s' })).toBe(2 * 1200 * 1199)
  }, 20_000)

  it('must be a step', async () => {
    const { app, flows, start } = spreading()
    await start((worker) => worker.handle(grow, (n, context) => flows.become(context, double, n)))
    const job = await app.enqueue(grow, 1)
    await expect(job.result()).rejects.toThrow('belongs to no workflow')
  })
})

describe('a workflow started by a handler', () => {
  it('starts once, however often the handler runs', async () => {
    const { app, flows, start, ran } = spreading()
    const outer = defineTask<number, string>('outer', { retry: { limit: 2, delay: 1 } })
    await start((worker) =>
      worker.handle(outer, async (n, context) => {
        const run = await flows.start(chain(double, double), n, { context })
        const other = await flows.start(double, 10, { context })
        if (context.attempt === 1) throw new Error('once more')
        return `${run.id} ${await run.result()} ${await other.result()}`
      }),
    )
    const job = await app.enqueue(outer, 1)
    expect(await job.result()).toBe(`${job.id}.sub1 4 20`)
    expect(ran.toSorted()).toEqual(['double 1', 'double 10', 'double 2'])
  })
})
