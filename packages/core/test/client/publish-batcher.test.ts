import { describe, expect, it } from 'vitest'
import { defineTask } from '../../src/index.ts'
import { memory } from '../../src/memory/index.ts'
import { testApp } from '../app.ts'

const task = defineTask<number>('task')

/** How many messages each publish had, when so many callers enqueue at once. */
async function batchesOf(callers: number, publishesAtOnce?: number): Promise<readonly number[]> {
  const transport = memory()
  const { broker } = transport
  const sizes: number[] = []
  const counting = Object.create(broker) as typeof broker
  Object.defineProperties(counting, {
    supports: { value: { ...broker.supports, ...(publishesAtOnce !== undefined && { publishesAtOnce }) } },
    open: { value: () => broker.open() },
    close: { value: () => broker.close() },
    publish: {
      value: async (...args: Parameters<typeof broker.publish>) => {
        sizes.push(args[1].length)
        await new Promise((resolve) => setImmediate(resolve)) // as far away as a server
        return broker.publish(...args)
      },
    },
  })
  const { app } = testApp({ transport: { ...transport, broker: counting } })
  await app.open()
  await Promise.all(Array.from({ length: callers }, (_, n) => app.enqueue(task, n)))
  return sizes
}

describe('tasks enqueued at once', () => {
  it('travel together when they are few', async () => {
    expect(await batchesOf(10)).toEqual([10])
  })

  it('share the publishes that may be under way, so that the broker always has something to do', async () => {
    expect(await batchesOf(100)).toEqual([50, 50])
    expect(await batchesOf(100, 4)).toEqual([25, 25, 25, 25])
  })

  it('are not split into crumbs', async () => {
    expect(await batchesOf(40, 8)).toEqual([16, 16, 8])
  })
})
