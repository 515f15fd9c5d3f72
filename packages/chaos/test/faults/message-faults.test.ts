import { describe, expect, it } from 'vitest'
import { drain, echo, echoing, LEASED_TO_CONNECTION, message, stage, until } from './stage.ts'

const text = (body: Uint8Array): string => Buffer.from(body).toString()

describe('message faults', () => {
  it('message.corrupt flips bits of the body; headers and length stay', async () => {
    const on = stage()
    const fault = on.arm({ kind: 'message.corrupt', bits: 3 })
    await on.transport.broker.publish('q', [message('hello', 'a')])
    await fault.disarm()
    await on.transport.broker.publish('q', [message('hello', 'b')])
    const [hurt, whole] = await drain(on.plain)
    expect(text(hurt!.message.body)).not.toBe('hello')
    expect(hurt!.message.body).toHaveLength(5)
    expect(text(whole!.message.body)).toBe('hello')
    expect(fault.bites()).toMatchObject({ count: 1, victims: ['a'] })
  })

  it('message.corrupt at receive leaves what is stored whole', async () => {
    const on = stage()
    const { broker } = on.transport
    await on.plain.broker.publish('q', [message()])
    const fault = on.arm({ kind: 'message.corrupt', place: 'receive' })
    const consumer = await broker.consume('q', { leaseMs: 60_000, prefetch: 10 })
    const [hurt] = await consumer.receive(1)
    expect(text(hurt!.message.body)).not.toBe('hello')
    expect(fault.bites().count).toBe(1)
    await consumer.close()
    await fault.disarm()
    expect(text((await drain(on.plain))[0]!.message.body)).toBe('hello')
  })

  it('message.truncate cuts the body, message.content-type renames it', async () => {
    const on = stage()
    const cut = on.arm({ kind: 'message.truncate', to: 2 })
    const renamed = on.arm({ kind: 'message.content-type', value: 'application/x-odd' })
    await on.transport.broker.publish('q', [message()])
    await on.chaos.calm()
    await on.transport.broker.publish('q', [message()])
    const [hurt, whole] = await drain(on.plain)
    expect(text(hurt!.message.body)).toBe('he')
    expect(hurt!.message.headers['content-type']).toBe('application/x-odd')
    expect(text(whole!.message.body)).toBe('hello')
    expect(whole!.message.headers['content-type']).toBeUndefined()
    expect([cut.bites().count, renamed.bites().count]).toEqual([1, 1])
  })

  it('message.duplicate sends twice', async () => {
    const on = stage()
    const fault = on.arm({ kind: 'message.duplicate', limit: 1 })
    await on.transport.broker.publish('q', [message('x', 'a'), message('x', 'b')])
    expect((await drain(on.plain)).map((one) => one.message.id).toSorted()).toEqual(['a', 'a', 'b'])
    expect(fault.bites()).toMatchObject({ count: 1, victims: ['a'] })
  })

  it('message.reorder permutes what a worker gets, and nothing is missing', async () => {
    const on = stage()
    const ids = Array.from({ length: 20 }, (_, n) => `m-${n}`)
    await on.plain.broker.publish(
      'q',
      ids.map((id) => message('x', id)),
    )
    const fault = on.arm({ kind: 'message.reorder' })
    const got = (await drain(on.transport)).map((one) => one.message.id)
    expect(got).not.toEqual(ids)
    expect(got.toSorted()).toEqual(ids.toSorted())
    expect(fault.bites().count).toBe(1)
    await fault.disarm()
    await on.plain.broker.publish(
      'q',
      ids.map((id) => message('x', id)),
    )
    expect((await drain(on.transport)).map((one) => one.message.id)).toEqual(ids)
  })

  it('message.reorder holds back what comes alone, until it can change places with what comes next', async () => {
    const on = stage()
    const consumer = await on.transport.broker.consume('q', { leaseMs: 60_000, prefetch: 10 })
    const orders = new Set<string>()
    const fault = on.arm({ kind: 'message.reorder' })
    for (let round = 0; round < 20; round += 1) {
      const taking = consumer.receive(10, { waitMs: 1000 })
      for (const id of ['a', 'b']) await on.plain.broker.publish('q', [message('x', id)])
      const taken = await taking
      orders.add(taken.map((one) => one.message.id).join())
      await consumer.settle(taken.map(({ receipt }) => ({ receipt, as: 'ack' })))
    }
    expect(orders).toEqual(new Set(['a,b', 'b,a']))
    expect(fault.bites().count).toBe(20)
  })

  it('message.reorder at publish still names the failures by the positions given', async () => {
    const on = stage()
    on.arm({ kind: 'message.reorder', place: 'publish' })
    const batch = Array.from({ length: 10 }, (_, n) => ({
      ...message('x', `m-${n}`),
      priority: n === 7 ? 200 : 50,
    }))
    const failures = await on.transport.broker.publish('q', batch)
    expect(failures.map(({ index }) => index)).toEqual([7])
  })

  it('message.delay postpones by the broker’s clock', async () => {
    const on = stage()
    const fault = on.arm({ kind: 'message.delay', by: '1h' })
    await on.transport.broker.publish('q', [message()])
    expect(await on.plain.broker.inspect!('q')).toMatchObject({ ready: 0, delayed: 1 })
    await fault.disarm()
    await on.transport.broker.publish('q', [message()])
    expect(await on.plain.broker.inspect!('q')).toMatchObject({ ready: 1, delayed: 1 })
  })

  it('message.drop-ack says yes and lets the message come back', async () => {
    const on = stage()
    const { app, runs } = await echoing(on, { lease: 300 })
    const fault = on.arm({ kind: 'message.drop-ack', limit: 1 })
    await app.enqueue(echo, 'a')
    await until('it ran again', () => runs.length === 2)
    expect(runs[1]!.deliveries).toBe(2)
    expect(runs[1]!.attempt).toBe(1)
    expect(fault.bites().count).toBe(1)
  })

  it('message.drop-ack lets it come back, too, where a lease ends with its connection only', async () => {
    const on = stage({}, LEASED_TO_CONNECTION)
    const { app, runs } = await echoing(on)
    on.arm({ kind: 'message.drop-ack', limit: 1 })
    await app.enqueue(echo, 'a')
    await until('it ran again', () => runs.length === 2)
    expect(runs[1]!.deliveries).toBe(2)
  })

  it('message.drop-ack at a rate draws each hand-over anew: nobody loses all acknowledgements', async () => {
    const on = stage()
    const ids = Array.from({ length: 100 }, (_, n) => `m-${n}`)
    await on.plain.broker.publish(
      'q',
      ids.map((id) => message('x', id)),
    )
    const fault = on.arm({ kind: 'message.drop-ack', rate: 0.2 })
    const left: number[] = []
    for (let round = 0; round < 4; round += 1) {
      const consumer = await on.transport.broker.consume('q', { leaseMs: 1000, prefetch: 1000 })
      const taken = await consumer.receive(1000, { waitMs: 0 })
      await consumer.settle(taken.map(({ receipt }) => ({ receipt, as: 'ack' as const })))
      left.push((await on.plain.broker.inspect!('q')).leased!)
      await until('the leases are over', async () => (await on.plain.broker.inspect!('q')).leased === 0)
      await consumer.close()
    }
    expect(left[0]).toBeGreaterThan(8)
    expect(left[0]).toBeLessThan(40)
    expect(left[3]).toBeLessThan(5)
    expect(fault.bites().count).toBe(left.reduce((sum, count) => sum + count, 0))
  })

  it('message.oversize is refused by the broker, for that message alone', async () => {
    const on = stage()
    const fault = on.arm({ kind: 'message.oversize', match: { key: 'big' } })
    const failures = await on.transport.broker.publish('q', [message('x', 'a'), message('x', 'big')])
    expect(failures).toMatchObject([{ index: 1, error: { code: 'TOO_LARGE' } }])
    expect(fault.bites().count).toBe(1)
  })

  it('a corrupted task is dead-lettered, and the worker goes on', async () => {
    const on = stage()
    const { app } = await echoing(on)
    on.arm({ kind: 'message.truncate', place: 'receive', to: 1, limit: 1 })
    await app.enqueue(echo, 'a')
    await until('it is dead', async () => (await app.queues.inspect('default')).dead === 1)
    expect(await (await app.enqueue(echo, 'b')).result({ timeout: '20s' })).toBe('b')
  })
})
