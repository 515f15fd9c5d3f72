import { expect, it, onTestFinished } from 'vitest'
import type { Consumer, Transport } from '../../src/contract/index.ts'
import { defineTask } from '../../src/index.ts'
import { memory } from '../../src/memory/index.ts'
import { testApp } from '../app.ts'
import { until } from '../../../../tests/until.ts'

const note = defineTask<number, undefined>('note', { ignoreResult: true })

/** The in-memory transport with consumers that somebody looks over the shoulder of. */
function watched(over: (consumer: Consumer, queue: string) => Partial<Consumer>): Transport {
  const transport = memory()
  const { broker } = transport
  const consume = broker.consume.bind(broker)
  broker.consume = async (queue, options) => {
    const consumer = await consume(queue, options)
    const overridden = over(consumer, queue)
    return new Proxy(consumer, {
      get(target, key) {
        const value: unknown = overridden[key as keyof Consumer] ?? Reflect.get(target, key)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  }
  return transport
}

it('works on a queue that has tasks while another does not answer, and asks nobody for more than there is room for', async () => {
  const CONCURRENCY = 50
  let most = 0
  let answer = (): void => undefined
  const answered = new Promise<void>((resolve) => (answer = resolve))
  const transport = watched((consumer, queue) => ({
    async receive(max, options) {
      most = Math.max(most, max)
      if (queue === 'mute') await answered
      return consumer.receive(max, options)
    },
  }))
  const { app, worker } = testApp({ transport, lanes: 1 })
  const ran: string[] = []
  await app.enqueueMany(
    note,
    Array.from({ length: 2000 }, (_, n) => n),
    { queue: 'busy' },
  )
  await app.enqueue(note, 0, { queue: 'mute' })
  await worker({ queues: { mute: 16, busy: 1 }, concurrency: CONCURRENCY, prefetch: false })
    .handle(note, (_, { queue }) => void ran.push(queue))
    .start()
  await until('all of the busy queue ran', () => ran.length === 2000)
  await app.enqueue(note, 0, { queue: 'busy' })
  await until('one more of it ran', () => ran.length === 2001)
  answer()
  await until('the other one ran, too', () => ran.includes('mute'))
  expect(most).toBeLessThanOrEqual(CONCURRENCY)
})

it('settles what has run as soon as nothing runs any more, in the same turn of the event loop', async () => {
  const order: string[] = []
  const transport = watched((consumer) => ({
    async settle(settlements) {
      order.push(`settled ${settlements.length}`)
      return consumer.settle(settlements)
    },
  }))
  const { app, worker } = testApp({ transport })
  await app.enqueueMany(note, [0, 1, 2])
  await worker({ concurrency: 10 })
    .handle(note, (n) => {
      if (n === 0) setImmediate(() => order.push('next turn'))
      return undefined
    })
    .start()
  await until('settled', () => order.length > 1)
  expect(order).toEqual(['settled 3', 'next turn'])
})

it('runs ten thousand handlers that return at once one after the other, and none on top of another', async () => {
  const { app, worker } = testApp()
  const ran: number[] = []
  let depth = 0
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 100
  onTestFinished(() => void (Error.stackTraceLimit = stackTraceLimit))
  await app.enqueueMany(
    note,
    Array.from({ length: 10_000 }, (_, n) => n),
  )
  await worker({ concurrency: 1 })
    .handle(note, (n) => {
      if (n % 100 === 0) depth = Math.max(depth, new Error('here').stack!.split('task-pool').length)
      ran.push(n)
      return undefined
    })
    .start()
  await until('all ran', () => ran.length === 10_000)
  expect(ran).toEqual(Array.from({ length: 10_000 }, (_, n) => n))
  expect(depth).toBeLessThan(6)
})
