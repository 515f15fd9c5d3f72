import { onTestFinished } from 'vitest'
import { drain, message, stage } from '../faults/stage.ts'
import type { Stage } from '../faults/stage.ts'
import { errorOf, takesLonger } from './row.ts'
import type { Place, Rows } from './row.ts'

function on(look: (place: Stage) => Promise<boolean>): () => Place {
  return () => {
    const place = stage()
    onTestFinished(() => place.chaos.calm())
    return {
      arm: place.arm,
      async hurt() {
        const hurt = await look(place)
        await drain(place.plain)
        return hurt
      },
    }
  }
}

const publish = (place: Stage): Promise<readonly unknown[]> =>
  place.transport.broker.publish('q', [message(), message()])
const stored = async ({ plain }: Stage): Promise<number> => (await plain.broker.inspect!('q')).ready

let made = 0

export const CALL_ROWS: Rows<'call'> = {
  'call.fail-before': {
    fault: { kind: 'call.fail-before' },
    open: on(async (place) => (await errorOf(publish(place))) !== undefined && (await stored(place)) === 0),
  },
  'call.fail-after': {
    fault: { kind: 'call.fail-after', match: { method: 'broker.publish' } },
    open: on(async (place) => (await errorOf(publish(place))) !== undefined && (await stored(place)) === 2),
  },
  'call.slow': {
    fault: { kind: 'call.slow', by: 400 },
    open: on((place) => takesLonger(publish(place), 300)),
  },
  'call.hang': {
    fault: { kind: 'call.hang', for: '1h' },
    open: on((place) => takesLonger(publish(place), 300)),
  },
  'call.partial': {
    fault: { kind: 'call.partial' },
    open: on(async (place) => (await publish(place)).length === 2 && (await stored(place)) === 0),
  },
  'call.throttle': {
    fault: { kind: 'call.throttle' },
    open: on(async (place) => (await errorOf(publish(place)))?.code === 'RATE_LIMITED'),
  },
  'call.stale-read': {
    fault: { kind: 'call.stale-read' },
    open: on(async ({ transport }) => {
      const id = `r${(made += 1)}`
      await transport.results!.put([{ id, state: 'succeeded', value: Buffer.from('{}'), ttlMs: 60_000 }])
      return (await transport.results!.get([id]))[0] === undefined
    }),
  },
  'call.lose-lease': {
    fault: { kind: 'call.lose-lease' },
    open: on(async (place) => {
      await place.plain.broker.publish('q', [message()])
      const consumer = await place.transport.broker.consume('q', { leaseMs: 60_000, prefetch: 10 })
      const taken = await consumer.receive(10)
      const failures = await consumer.settle(taken.map(({ receipt }) => ({ receipt, as: 'ack' as const })))
      await consumer.close()
      return failures[0]?.error.code === 'LEASE_LOST' && (await stored(place)) === 1
    }),
  },
}

export const CLOCK_ROWS: Rows<'clock'> = {
  'clock.skew': {
    fault: { kind: 'clock.skew', by: '1h' },
    open() {
      const { chaos, arm } = stage()
      return { arm, hurt: async () => chaos.skewed.now() - Date.now() > 3_000_000 }
    },
  },
}
