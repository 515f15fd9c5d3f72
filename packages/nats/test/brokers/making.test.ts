import { expect, test } from 'vitest'
import { message, server, transportOn } from './fixtures.ts'

const ROUNDS = 150
const AT_ONCE = 6

test('many who make the streams and consumers at the same moment all succeed', async () => {
  const { url } = await server()
  for (let round = 0; round < ROUNDS; round += 1) {
    const all = Array.from({ length: AT_ONCE }, () => transportOn(url, { prefix: `round-${round}` }).broker)
    await Promise.all(all.map((broker) => broker.open()))
    const failures = await Promise.all(
      all.map(async (broker, at) => {
        // Each with a patience of its own.
        await broker.consume('queue', { leaseMs: 1000 + at, prefetch: 1 })
        return broker.publish('queue', [message()])
      }),
    )
    expect(failures.flat()).toEqual([])
  }
}, 240_000)
