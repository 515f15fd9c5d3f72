import type { ResultRecord, Transport } from '@bananasjs/core/contract'
import { describe, expect, it, test } from 'vitest'
import { openTasks } from '../../src/history/open-tasks.ts'
import { drain, echo, echoing, LEASED_TO_CONNECTION, message, stage, until } from './stage.ts'
import type { Stage } from './stage.ts'

interface Verb {
  readonly method: string
  readonly run: (transport: Transport) => Promise<unknown>
  /** Did it take effect? Asked on the same store, past the faults. */
  readonly effect?: (on: Stage) => Promise<boolean>
}

const record: ResultRecord = { id: 'r', state: 'succeeded', value: Buffer.from('{}\n'), ttlMs: 60_000 }
const counts = async (on: Stage) => on.plain.broker.inspect!('q')
const consumer = (transport: Transport) => transport.broker.consume('q', { leaseMs: 60_000, prefetch: 10 })

async function held(transport: Transport): Promise<[Awaited<ReturnType<typeof consumer>>, string]> {
  const reader = await consumer(transport)
  const [delivery] = await reader.receive(1)
  return [reader, delivery!.receipt]
}

const VERBS: readonly Verb[] = [
  { method: 'broker.open', run: ({ broker }) => broker.open() },
  {
    method: 'broker.publish',
    run: ({ broker }) => broker.publish('q', [message()]),
    effect: async (on) => (await counts(on)).ready === 2,
  },
  { method: 'broker.consume', run: consumer },
  { method: 'broker.inspect', run: ({ broker }) => broker.inspect!('q') },
  { method: 'broker.queues', run: ({ broker }) => broker.queues!() },
  { method: 'broker.peek', run: ({ broker }) => broker.peek!('q', 1) },
  {
    method: 'broker.purge',
    run: ({ broker }) => broker.purge!('q'),
    effect: async (on) => (await counts(on)).ready === 0,
  },
  { method: 'dead.list', run: ({ broker }) => broker.deadLetters!.list('q', { limit: 1 }) },
  {
    method: 'dead.redrive',
    run: ({ broker }) => broker.deadLetters!.redrive('q'),
    effect: async (on) => (await counts(on)).dead === 0,
  },
  {
    method: 'dead.drop',
    run: ({ broker }) => broker.deadLetters!.drop('q'),
    effect: async (on) => (await counts(on)).dead === 0,
  },
  {
    method: 'consumer.receive',
    run: async (transport) => (await consumer(transport)).receive(1),
    effect: async (on) => (await counts(on)).leased === 1,
  },
  {
    method: 'consumer.settle',
    run: async (transport) => {
      const [reader, receipt] = await held(transport)
      return reader.settle([{ receipt, as: 'ack' }]).finally(() => void reader.close())
    },
    effect: async (on) => openTasks(await counts(on)) === 0,
  },
  {
    method: 'consumer.extend',
    run: async (transport) => {
      const [reader, receipt] = await held(transport)
      return reader.extend([receipt], 60_000).finally(() => void reader.close())
    },
  },
  { method: 'consumer.close', run: async (transport) => (await consumer(transport)).close() },
  {
    method: 'results.put',
    run: ({ results }) => results!.put([record]),
    effect: async ({ plain }) => (await plain.results!.get(['r']))[0] !== undefined,
  },
  { method: 'results.get', run: ({ results }) => results!.get(['r']) },
  {
    method: 'results.swap',
    run: ({ results }) => results!.swap('k', null, Buffer.from('v'), 60_000),
    effect: async ({ plain }) => (await plain.results!.swap('k', null, null, 0)) !== null,
  },
  {
    method: 'results.arrive',
    run: ({ results }) => results!.arrive('j', [0], 60_000),
    effect: async ({ plain }) => (await plain.results!.arrive('j', [1], 60_000)) === 2,
  },
  {
    method: 'results.watch',
    async run({ results }) {
      await results!.put([record])
      for await (const one of results!.watch!(['r'])) expect(one.id).toBe('r')
    },
  },
  { method: 'channel.broadcast', run: ({ channel }) => channel!.broadcast('t', Buffer.from('x')) },
  { method: 'channel.listen', run: ({ channel }) => channel!.listen(['t']) },
  { method: 'results.open', run: ({ results }) => results!.open() },
  { method: 'channel.open', run: ({ channel }) => channel!.open() },
  { method: 'results.close', run: ({ results }) => results!.close() },
  { method: 'channel.close', run: ({ channel }) => channel!.close() },
  { method: 'broker.close', run: ({ broker }) => broker.close() },
]

/** One message ready and one dead, so that each verb has something to do. */
async function furnished(): Promise<Stage> {
  const on = stage()
  await on.plain.broker.publish('q', [message()])
  const [reader, receipt] = await held(on.plain)
  await reader.settle([{ receipt, as: 'deadLetter', reason: 'test' }])
  await reader.close()
  await on.plain.broker.publish('q', [message()])
  return on
}

describe('call faults', () => {
  test.each(VERBS)(
    '$method fails before it has an effect, and works once the fault is over',
    async (verb) => {
      const on = await furnished()
      const fault = on.arm({ kind: 'call.fail-before', match: { method: verb.method } })
      await expect(verb.run(on.transport)).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
      expect(fault.bites()).toMatchObject({ count: 1 })
      if (verb.effect !== undefined) expect(await verb.effect(on)).toBe(false)
      await fault.disarm()
      await verb.run(on.transport)
      expect(fault.bites().count).toBe(1)
    },
  )

  test.each(VERBS)('$method takes effect, then says that it failed', async (verb) => {
    const on = await furnished()
    const fault = on.arm({ kind: 'call.fail-after', match: { method: verb.method }, code: 'RATE_LIMITED' })
    await expect(verb.run(on.transport)).rejects.toBeDefined()
    expect(fault.bites().count).toBeGreaterThan(0)
    if (verb.effect !== undefined) expect(await verb.effect(on)).toBe(true)
  })

  it('call.slow delays, and an abort ends the wait', async () => {
    const on = stage()
    const fault = on.arm({ kind: 'call.slow', by: '1h', match: { method: 'broker.publish' } })
    const stop = new AbortController()
    const sent = on.transport.broker.publish('q', [message()], { signal: stop.signal })
    await until('it bit', () => fault.bites().count === 1)
    stop.abort(new Error('enough'))
    await expect(sent).rejects.toThrow('enough')
    expect(await on.plain.broker.inspect!('q')).toMatchObject({ ready: 0 })
    const held = on.transport.broker.publish('q', [message()])
    await until('it bit again', () => fault.bites().count === 2)
    await fault.disarm()
    expect(await held).toEqual([])
  })

  it('call.hang answers nothing for its time, then counts as a lost connection', async () => {
    const on = stage()
    const fault = on.arm({ kind: 'call.hang', for: 50 })
    const startedAt = performance.now()
    await expect(on.transport.broker.publish('q', [message()])).rejects.toMatchObject({
      code: 'CONNECTION_LOST',
    })
    expect(performance.now() - startedAt).toBeGreaterThan(45)
    await fault.disarm()
    expect(await on.transport.broker.publish('q', [message()])).toEqual([])
  })

  it('call.throttle refuses with RATE_LIMITED', async () => {
    const on = stage()
    const fault = on.arm({ kind: 'call.throttle', limit: 1 })
    await expect(on.transport.broker.publish('q', [message()])).rejects.toMatchObject({
      code: 'RATE_LIMITED',
    })
    expect(await on.transport.broker.publish('q', [message()])).toEqual([])
    expect(fault.bites().count).toBe(1)
  })

  it('call.partial fails some of a batch and sends the others', async () => {
    const on = stage()
    const fault = on.arm({ kind: 'call.partial', match: { key: 'b*' } })
    const batch = ['a1', 'b1', 'a2', 'b2'].map((id) => message('x', id))
    const failures = await on.transport.broker.publish('q', batch)
    expect(failures.map(({ index }) => index)).toEqual([1, 3])
    expect((await drain(on.plain)).map((one) => one.message.id)).toEqual(['a1', 'a2'])
    expect(fault.bites()).toMatchObject({ count: 2, victims: ['b1', 'b2'] })
  })

  it('call.partial fails some of what is settled, and those tasks run again', async () => {
    const on = stage()
    const { app, runs } = await echoing(on, { lease: 300 })
    const fault = on.arm({ kind: 'call.partial', match: { method: 'consumer.settle' }, limit: 5 })
    const jobs = await app.enqueueMany(
      echo,
      Array.from({ length: 20 }, (_, n) => String(n)),
    )
    await Promise.all(jobs.map((job) => job.result({ timeout: '20s' })))
    await until('all is settled', async () => {
      const { ready, delayed = 0, leased = 0 } = await app.queues.inspect('default')
      return ready + delayed + leased === 0
    })
    expect(fault.bites().count).toBe(5)
    // On a slow machine a lease of others may end as well.
    expect(runs.length).toBeGreaterThanOrEqual(25)
  })

  it('call.stale-read does not see what was written, until it is over', async () => {
    const on = stage()
    await on.plain.results!.put([record])
    const fault = on.arm({ kind: 'call.stale-read' })
    expect(await on.transport.results!.get(['r'])).toEqual([undefined])
    expect(fault.bites()).toMatchObject({ count: 1, victims: ['r'] })
    await fault.disarm()
    expect(await on.transport.results!.get(['r'])).toMatchObject([{ id: 'r' }])
  })

  it('call.lose-lease hands the message to somebody else and tells the holder', async () => {
    const on = stage()
    await on.plain.broker.publish('q', [message('x', 'a')])
    const [reader, receipt] = await held({ ...on.transport })
    const fault = on.arm({ kind: 'call.lose-lease' })
    expect(await reader.settle([{ receipt, as: 'ack' }])).toMatchObject([
      { index: 0, error: { code: 'LEASE_LOST' } },
    ])
    expect(fault.bites().count).toBe(1)
    expect((await drain(on.plain)).map((one) => one.message.id)).toEqual(['a'])
    await fault.disarm()
    await on.plain.broker.publish('q', [message('x', 'b')])
    const [again] = await reader.receive(1)
    expect(await reader.settle([{ receipt: again!.receipt, as: 'ack' }])).toEqual([])
  })

  it('call.fail-after of a receive hands out again what nobody got, where a lease ends with its connection only', async () => {
    const on = stage({}, LEASED_TO_CONNECTION)
    await on.plain.broker.publish('q', [message('x', 'a')])
    const reader = await consumer(on.transport)
    on.arm({ kind: 'call.fail-after', match: { method: 'consumer.receive' }, limit: 1 })
    await expect(reader.receive(1)).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    const [again] = await reader.receive(1)
    expect(again?.message.id).toBe('a')
  })

  it('a worker gets every task done while five per cent of all its calls fail before or after their effect', async () => {
    const on = stage()
    const { app, runs } = await echoing(on, { lease: 1000 })
    on.arm({ kind: 'call.fail-before', rate: 0.05, match: { method: 'consumer.*' } })
    on.arm({ kind: 'call.fail-after', rate: 0.05, match: { method: 'consumer.*' } })
    const jobs = await app.enqueueMany(
      echo,
      Array.from({ length: 300 }, (_, n) => String(n)),
    )
    const values = await Promise.all(jobs.map((job) => job.result({ timeout: '30s' })))
    expect(values).toEqual(Array.from({ length: 300 }, (_, n) => String(n)))
    expect(runs.length).toBeGreaterThanOrEqual(300)
  })
})
