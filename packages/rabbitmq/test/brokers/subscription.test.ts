import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { message, server, transportOn, until } from './fixtures.ts'

const LEASE = { leaseMs: 60_000, prefetch: 100 }

test('what was pushed and read by nobody goes to another reader, and counts as no delivery', async () => {
  const { url } = await server()
  const { broker } = transportOn(url)
  const idle = await broker.consume('q', LEASE)
  const ids = Array.from({ length: 20 }, (_, n) => `${n}`)
  let handedOver = 0
  for (let round = 0; round < 15; round += 1) {
    await broker.publish(
      'q',
      ids.slice(0, round === 0 ? ids.length : 0).map((id) => message({ id })),
    )
    // A window of ten, half of it taken: the server pushes on as these are put back, and nobody asks.
    const some = await idle.receive(10, { waitMs: 30_000 })
    handedOver += some.length
    const failures = await idle.settle(
      some.map(({ receipt, message: { headers } }) => ({ receipt, as: 'retry', delayMs: 0, headers })),
    )
    expect(failures).toEqual([])
    await new Promise((resolve) => setTimeout(resolve, 150))
  }
  const reader = await transportOn(url).broker.consume('q', LEASE)
  const deliveries = new Map<string, number>()
  while (deliveries.size < ids.length) {
    const some = await reader.receive(100, { waitMs: 30_000 })
    expect(some).not.toEqual([])
    for (const one of some) deliveries.set(one.message.id, one.deliveries)
    await reader.settle(some.map(({ receipt }) => ({ receipt, as: 'ack' })))
  }
  // Each hand-over is counted once, and one more at the end for each.
  const counted = [...deliveries.values()].reduce((sum, one) => sum + one, 0)
  expect(handedOver).toBeGreaterThan(ids.length)
  expect(counted).toBe(handedOver + ids.length)
})

test('a busy reader leaves the rest of the queue to others', async () => {
  const { url } = await server()
  const { broker } = transportOn(url)
  const busy = await broker.consume('q', LEASE)
  await broker.publish(
    'q',
    Array.from({ length: 50 }, (_, n) => message({ id: `${n}` })),
  )
  const held = await busy.receive(5, { waitMs: 30_000 })
  expect(held.length).toBeGreaterThan(0)
  const other = await transportOn(url).broker.consume('q', LEASE)
  let got = 0
  while (got < 50 - held.length) {
    const some = await other.receive(100, { waitMs: 30_000 })
    expect(some).not.toEqual([])
    got += some.length
    await other.settle(some.map(({ receipt }) => ({ receipt, as: 'ack' })))
  }
  expect(got).toBe(50 - held.length)
})

/** Another way to the server, on which its answers take so much longer. @returns its port */
async function slowWay(port: number, answersMs: number): Promise<number> {
  const sockets = new Set<Socket>()
  const way = createServer((client) => {
    const upstream = connect(port, '127.0.0.1')
    for (const socket of [client, upstream]) sockets.add(socket.on('error', () => undefined))
    client.pipe(upstream)
    upstream.on('data', (chunk) => void setTimeout(() => client.write(chunk), answersMs))
  })
  way.listen(0, '127.0.0.1')
  await once(way, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    way.close()
  })
  return (way.address() as AddressInfo).port
}

test('a consumer that is closed while it gives back what nobody has read leaves each message there once', async () => {
  const { url, port } = await server()
  const slow = transportOn(url.replace(`:${port}`, `:${await slowWay(port, 200)}`)).broker
  const plain = transportOn(url).broker
  const sent = Array.from({ length: 4 }, (_, n) => message({ id: `${n}` }))
  await plain.publish('q', sent)
  const consumer = await slow.consume('q', LEASE)
  const held = await consumer.receive(2, { waitMs: 30_000 })
  await consumer.settle(held.map(({ receipt }) => ({ receipt, as: 'ack' })))
  // The server has pushed on, and nobody asks. Copies of that go back, and their confirmation is still on its way.
  await until('a copy is back', async () => (await plain.inspect!('q')).ready > 0)
  await consumer.close()
  const reader = await plain.consume('q', LEASE)
  const found: string[] = []
  for (;;) {
    const some = await reader.receive(10, { waitMs: 1000 })
    if (some.length === 0) break
    found.push(...some.map((one) => one.message.id))
    await reader.settle(some.map(({ receipt }) => ({ receipt, as: 'ack' })))
  }
  expect(found.toSorted()).toEqual(sent.slice(held.length).map(({ id }) => id))
})
