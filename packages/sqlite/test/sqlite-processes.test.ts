import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { ackAll, message, messages, transportOn } from './fixtures.ts'
import { temporaryFile } from './temporary-file.ts'

const WORKER = fileURLToPath(new URL('./worker-process.ts', import.meta.url))

function start(path: string, ...rest: string[]): { child: ChildProcess; lines: AsyncIterator<string> } {
  const child = spawn(process.execPath, ['--no-warnings', WORKER, path, ...rest], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() }
}

async function nextLine(lines: AsyncIterator<string>): Promise<string> {
  const { value, done } = await lines.next()
  if (done === true) throw new Error('the worker process ended without an answer')
  return value
}

test('two processes share a queue without handing one message to both', { timeout: 30_000 }, async () => {
  const path = temporaryFile()
  const { broker } = transportOn(path)
  const sent = messages(2000)
  await broker.publish('shared', sent)
  const workers = [start(path), start(path)]
  const shares = await Promise.all(
    workers.map(async ({ lines }) => JSON.parse(await nextLine(lines)) as string[]),
  )
  expect(shares.flat().toSorted()).toEqual(sent.map(({ id }) => id).toSorted())
  expect(await broker.inspect!('shared')).toEqual({ ready: 0, delayed: 0, leased: 0, dead: 0 })
})

test(
  'the messages of a killed process go to another one when their lease ends',
  { timeout: 60_000 },
  async () => {
    const path = temporaryFile()
    const { broker } = transportOn(path)
    await broker.publish('shared', messages(5))
    const { child, lines } = start(path, 'hold', '8000')
    const held = JSON.parse(await nextLine(lines)) as string[]
    child.kill('SIGKILL')
    await once(child, 'exit')
    const consumer = await broker.consume('shared', { leaseMs: 5000, prefetch: 10 })
    expect(held).toHaveLength(5)
    expect(await consumer.receive(10)).toEqual([])
    const rescued = await consumer.receive(10, { waitMs: 20_000 })
    expect(rescued.map((delivery) => delivery.message.id)).toEqual(held)
    expect(rescued.map(({ deliveries }) => deliveries)).toEqual([2, 2, 2, 2, 2])
    expect(await ackAll(consumer, rescued)).toEqual([])
  },
)

test(
  'a message wakes a waiting consumer of another process within milliseconds',
  { timeout: 30_000 },
  async () => {
    const path = temporaryFile()
    const { broker } = transportOn(path)
    await broker.open()
    const { lines } = start(path, 'echo')
    expect(await nextLine(lines)).toBe('ready')
    const latencies: number[] = []
    for (let round = 0; round < 15; round += 1) {
      await new Promise((resolve) => setTimeout(resolve, 120)) // let the other side fall into its slowest rhythm
      const sent = message()
      await broker.publish('shared', [sent])
      const publishedAt = performance.timeOrigin + performance.now()
      const [id, at] = (await nextLine(lines)).split(' ')
      expect(id).toBe(sent.id)
      latencies.push(Number(at) - publishedAt)
    }
    const median = latencies.toSorted((a, b) => a - b)[7]!
    expect(median).toBeLessThan(30) // about 4 ms on an idle machine; the slow rhythm alone would be 25 ms and more
  },
)

test('a broadcast reaches the listeners of another connection once and in order', async () => {
  const path = temporaryFile()
  const [here, there] = [transportOn(path), transportOn({ path, busyTimeoutMs: 5000 })]
  const subscription = await there.channel.listen(['news'])
  for (let index = 0; index < 50; index += 1) await here.channel.broadcast('news', new Uint8Array([index]))
  const heard: number[] = []
  for await (const { payload } of subscription) {
    heard.push(payload[0]!)
    if (heard.length === 50) break
  }
  expect(heard).toEqual(Array.from({ length: 50 }, (_, index) => index))
})
