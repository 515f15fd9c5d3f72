import { defineTask } from '@bananasjs/core'
import type { Broker, Consumer, Settlement, Transport } from '@bananasjs/core/contract'
import { memory, memoryStore } from '@bananasjs/core/memory'
import { describe, expect, it, onTestFinished } from 'vitest'
import { localStage, runExperiment } from '../../src/index.ts'
import type { OwnWork, Report } from '../../src/index.ts'

const task = defineTask<number, number>('own', { retry: { limit: 1, delay: 20, maxDelay: 50 } })

/** A broker that counts its dead letters and cannot list them, as SQS does. */
function unlisted(transport: Transport, settled: (one: Settlement) => Settlement = (one) => one): Transport {
  return { ...transport, broker: dressed(transport.broker, settled) }
}

function dressed(broker: Broker, settled: (one: Settlement) => Settlement): Broker {
  return new Proxy(broker, {
    get(target, key) {
      if (key === 'deadLetters') return undefined
      if (key === 'supports') return { ...target.supports, deadLetters: false }
      if (key === 'consume')
        return async (...given: Parameters<Broker['consume']>) =>
          altered(await target.consume(...given), settled)
      const value: unknown = Reflect.get(target, key)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}

function altered(consumer: Consumer, settled: (one: Settlement) => Settlement): Consumer {
  return {
    receive: (max, options) => consumer.receive(max, options),
    settle: (settlements) => consumer.settle(settlements.map(settled)),
    extend: (receipts, leaseMs) => consumer.extend(receipts, leaseMs),
    close: () => consumer.close(),
    [Symbol.asyncDispose]: () => consumer.close(),
  }
}

async function reportOf(transport: () => Transport): Promise<Report> {
  const handler = (n: number): Promise<number> =>
    n % 10 === 0 ? Promise.reject(new Error('always')) : Promise.resolve(n)
  const own: OwnWork = { task, input: (n) => n, register: (worker) => void worker.handle(task, handler) }
  const stage = await localStage({ transport, own })
  onTestFinished(() => stage[Symbol.asyncDispose]())
  return runExperiment(
    {
      title: 'dead letters that nobody can read',
      steady: [{ probe: 'lost', equals: 0 }],
      load: { shape: 'constant', rate: 40, task: task.name },
      phases: { warmUp: 0, inject: 2000, recovery: 500, drain: '20s' },
      method: [{ kind: 'task.slow', by: 1, rate: 0.2 }],
    },
    { stage, enabled: true, env: {}, signals: [] },
  )
}

describe('on a broker that cannot list its dead letters', { timeout: 60_000 }, () => {
  it('a task that a worker set aside is dead, not lost', async () => {
    const store = memoryStore()
    const report = await reportOf(() => unlisted(memory({ store })))
    expect(report.groups.fault).toMatchObject({ lost: 0, unfinished: 0 })
    expect(report.groups.fault.dead).toBeGreaterThan(3)
    expect(report.verdict).toBe('held')
  })

  it('a task is lost all the same when the broker has fewer letters than were set aside', async () => {
    const store = memoryStore()
    let letters = 0
    const report = await reportOf(() =>
      unlisted(memory({ store }), (one) =>
        one.as === 'deadLetter' && (letters += 1) === 2 ? { receipt: one.receipt, as: 'ack' } : one,
      ),
    )
    expect(report.groups.fault.lost).toBeGreaterThan(0)
    expect(report.verdict).toBe('deviated')
  })
})
