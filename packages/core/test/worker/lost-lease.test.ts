import { describe, expect, it } from 'vitest'
import { defineTask, QueueError } from '../../src/index.ts'
import type { Broker, Consumer } from '../../src/contract/index.ts'
import { memory } from '../../src/memory/index.ts'
import { testApp } from '../app.ts'

const work = defineTask<string, string>('work', { retry: false })

/** A broker that takes the first lease away when it is to be prolonged, and tells so. */
function takesOneLease(broker: Broker): Broker {
  let taken = false
  const wrap = (consumer: Consumer): Consumer => ({
    receive: (max, options) => consumer.receive(max, options),
    settle: (settlements) => consumer.settle(settlements),
    close: () => consumer.close(),
    [Symbol.asyncDispose]: () => consumer.close(),
    async extend(receipts, leaseMs) {
      if (taken) return consumer.extend(receipts, leaseMs)
      taken = true
      await consumer.settle(receipts.map((receipt) => ({ receipt, as: 'ack' })))
      return receipts.map((_, index) => ({ index, error: new QueueError('LEASE_LOST', 'It is gone.') }))
    },
  })
  const { name, supports } = broker
  return {
    name,
    supports,
    open: () => broker.open(),
    close: () => broker.close(),
    publish: (queue, messages) => broker.publish(queue, messages),
    consume: async (queue, options) => wrap(await broker.consume(queue, options)),
    [Symbol.asyncDispose]: () => broker.close(),
  }
}

describe('a lost lease', () => {
  it('frees its slot for the next task, also when all slots were taken', async () => {
    const transport = memory()
    const { app, worker } = testApp({ transport: { ...transport, broker: takesOneLease(transport.broker) } })
    await app.enqueue(work, 'lost')
    const next = await app.enqueue(work, 'next')
    let held = false
    await worker({ concurrency: 1, lease: 150 })
      .handle(work, async (input, { signal }) => {
        // Comes again where the lease ended by itself.
        const waits = input === 'lost' && !held
        held = true
        if (waits) await new Promise((resolve) => signal.addEventListener('abort', resolve))
        return input
      })
      .start()
    expect(await next.result({ timeout: '20s' })).toBe('next')
  })

  it('of a task that expired on its way here ends nothing: somebody else may run it', async () => {
    const transport = memory()
    const { app, worker } = testApp({ transport: { ...transport, broker: takesOneLease(transport.broker) } })
    const late = await app.enqueue(work, 'late', { expires: 1, unique: { key: 'key', mode: 'reject' } })
    await new Promise((resolve) => setTimeout(resolve, 10))
    await worker({ concurrency: 1, prefetch: false })
      .handle(work, (input) => input)
      .start()
    expect(await (await app.enqueue(work, 'next')).result({ timeout: '20s' })).toBe('next')
    expect((await late.status()).state).not.toBe('expired')
    await expect(app.enqueue(work, 'twin', { unique: { key: 'key', mode: 'reject' } })).rejects.toMatchObject(
      { code: 'CONFLICT' },
    )
  })
})
