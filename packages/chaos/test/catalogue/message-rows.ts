import { onTestFinished } from 'vitest'
import { drain, message, stage } from '../faults/stage.ts'
import type { Stage } from '../faults/stage.ts'
import { pause } from './row.ts'
import type { Place, Rows } from './row.ts'

/** A queue under faults; `look` sends something and says whether it was hurt. */
function on(look: (place: Stage) => Promise<boolean>): () => Place {
  return () => {
    const place = stage()
    onTestFinished(() => place.chaos.calm())
    return { arm: place.arm, hurt: () => look(place) }
  }
}

async function sent(place: Stage, count = 1): Promise<Awaited<ReturnType<typeof drain>>> {
  const messages = Array.from({ length: count }, (_, n) => message('hello', `${n}`))
  await place.transport.broker.publish('q', messages)
  return drain(place.transport)
}

const body = async (place: Stage): Promise<string> =>
  Buffer.from((await sent(place))[0]!.message.body).toString()
const ids = async (place: Stage): Promise<string> =>
  (await sent(place, 20)).map((one) => Number(one.message.id)).join()
const IN_ORDER = Array.from({ length: 20 }, (_, n) => n).join()

export const MESSAGE_ROWS: Rows<'message'> = {
  'message.corrupt': {
    fault: { kind: 'message.corrupt' },
    open: on(async (place) => (await body(place)) !== 'hello'),
  },
  'message.truncate': {
    fault: { kind: 'message.truncate', to: 2 },
    open: on(async (place) => (await body(place)) === 'he'),
  },
  'message.content-type': {
    fault: { kind: 'message.content-type', value: 'application/x-odd' },
    open: on(
      async (place) => (await sent(place))[0]!.message.headers['content-type'] === 'application/x-odd',
    ),
  },
  'message.duplicate': {
    fault: { kind: 'message.duplicate' },
    open: on(async (place) => (await sent(place)).length === 2),
  },
  'message.reorder': {
    fault: { kind: 'message.reorder', place: 'receive' },
    open: on(async (place) => (await ids(place)) !== IN_ORDER),
  },
  'message.delay': {
    fault: { kind: 'message.delay', by: '1h' },
    open: on(async (place) => (await sent(place)).length === 0),
  },
  'message.drop-ack': {
    fault: { kind: 'message.drop-ack' },
    open: on(async (place) => {
      await place.transport.broker.publish('q', [message()])
      const consumer = await place.transport.broker.consume('q', { leaseMs: 50, prefetch: 10 })
      const taken = await consumer.receive(10)
      await consumer.settle(taken.map(({ receipt }) => ({ receipt, as: 'ack' as const })))
      await pause(100)
      const left = await drain(place.plain)
      await consumer.close()
      return left.length > 0
    }),
  },
  'message.oversize': {
    fault: { kind: 'message.oversize' },
    open: on(async (place) => {
      const failures = await place.transport.broker.publish('q', [message()])
      await drain(place.plain)
      return failures[0]?.error.code === 'TOO_LARGE'
    }),
  },
}
