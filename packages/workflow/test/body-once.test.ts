import { defineTask } from '@bananasjs/core'
import { memory, memoryStore } from '@bananasjs/core/memory'
import type { MemoryStore, MemoryTransport } from '@bananasjs/core/memory'
import { expect, it } from 'vitest'
import { chord, map } from '../src/index.ts'
import { testFlows } from './app.ts'
import { until } from '../../../tests/until.ts'

const MOMENT_MS = 50
const member = defineTask<number, number>('member', { retry: false })
const body = defineTask<readonly number[], number>('body', { retry: false, queue: 'body' })

/** Each is answered when others have come, too. */
function slowToArrive(store: MemoryStore): MemoryTransport {
  const transport = memory({ store })
  const results = transport.results!
  const arrive = results.arrive.bind(results)
  results.arrive = async (...given) => {
    await arrive(...given)
    await new Promise((resolve) => setTimeout(resolve, MOMENT_MS))
    return arrive(...given)
  }
  return transport
}

it('a body that two members sent at once, and that a killed worker held twice, runs once', async () => {
  const store = memoryStore()
  const [one, other] = [1, 2].map(() => testFlows({ transport: slowToArrive(store) }))
  const { app, flows, work } = one!
  let begun = 0
  for (const each of [one!, other!])
    await each.work({ concurrency: 1, prefetch: false }, (worker) =>
      worker.handle(member, async (n) => {
        begun += 1
        await until('both have begun', () => begun === 2)
        return n
      }),
    )
  const run = await flows.start(chord(map(member, [1, 2]), body))
  await until('both have sent it', async () => (await app.queues.inspect('body')).ready === 2)
  const killed = await app.broker.consume('body', { leaseMs: MOMENT_MS, prefetch: 2 })
  expect(await killed.receive(2)).toHaveLength(2)
  let runs = 0
  await work({ queues: ['body'] }, (worker) =>
    worker.handle(body, async (list) => {
      runs += 1
      await new Promise((resolve) => setTimeout(resolve, 4 * MOMENT_MS))
      return list.length
    }),
  )
  expect(await run.result({ timeout: '20s' })).toBe(2)
  await until('nothing is left', async () => {
    const { ready, delayed = 0, leased = 0 } = await app.queues.inspect('body')
    return ready + delayed + leased === 0
  })
  expect(runs).toBe(1)
})
