import { QueueError } from '@bananasjs/core/contract'
import type { Broker } from '@bananasjs/core/contract'
import type { Mutant } from '../mutants-results/mutant.ts'
import { brokerMutant } from './broker-mutant.ts'

const NEVER = new Promise<never>(() => undefined)

export const CLOSE_MUTANTS: readonly Mutant[] = [
  brokerMutant('can be opened once', ['CLOSE-1'], () => ({
    broker(base) {
      let opened = false
      return {
        async open(options) {
          if (opened) throw new QueueError('INVALID', 'It is open.')
          opened = true
          await base.open(options)
        },
      }
    },
  })),
  brokerMutant('counts also when it is closed', ['CLOSE-2'], () => ({
    broker: () => ({ inspect: async () => ({ ready: 0, delayed: 0, leased: 0, dead: 0 }) }),
  })),
  brokerMutant('answers with nothing when its consumer is closed', ['CLOSE-3'], () => ({
    consumer: (base) => ({
      receive: (max, options) =>
        base.receive(max, options).catch((error: unknown) => {
          if (QueueError.is(error, 'CLOSED')) return []
          throw error
        }),
    }),
  })),
  brokerMutant('leaves a receive waiting when its consumer closes', ['CLOSE-4'], () => ({
    consumer(base) {
      let closed = false
      return {
        receive: async (max, options) => {
          const got = await base.receive(max, options)
          return closed ? NEVER : got
        },
        close() {
          closed = true
          return base.close()
        },
      }
    },
  })),
  brokerMutant('keeps what a closed consumer holds', ['CLOSE-5', 'CLOSE-6'], () => ({
    consumer: () => ({ close: async () => undefined }),
  })),
  brokerMutant('keeps what a consumer holds that goes out of scope', ['CLOSE-6'], () => ({
    consumer: () => ({ [Symbol.asyncDispose]: async () => undefined }),
  })),
  brokerMutant('closes without its consumers', ['CLOSE-7', 'CLOSE-2'], () => ({
    broker: () => ({ close: async () => undefined }),
  })),
  brokerMutant('closes with every other client', ['CLOSE-8'], () => {
    const all: Broker[] = []
    return {
      broker(base) {
        all.push(base)
        return { close: async () => void (await Promise.all(all.map((one) => one.close()))) }
      },
    }
  }),
  brokerMutant('takes the results along when it closes', ['CLOSE-9'], () => ({
    broker: (base, { results }) => ({
      async close() {
        await base.close()
        await results?.close()
      },
    }),
  })),
  brokerMutant('does not listen to signals', ['ABORT-1', 'ABORT-2'], () => ({
    broker: (base) => ({
      publish: (queue, messages) => base.publish(queue, messages),
      consume: (queue, { leaseMs, prefetch }) => base.consume(queue, { leaseMs, prefetch }),
    }),
    consumer: (base) => ({ receive: (max, options) => base.receive(max, { waitMs: options?.waitMs }) }),
  })),
  brokerMutant('strands what comes after an abort', ['ABORT-2', 'ABORT-3', 'ABORT-4'], () => ({
    consumer: (base) => ({
      receive(max, { signal, ...options } = {}) {
        signal?.throwIfAborted()
        const aborted = new Promise<never>((_, reject) => {
          // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- the reason of the abort, untouched
          signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
        })
        const work = base.receive(max, options)
        work.catch(() => undefined)
        return Promise.race([work, aborted])
      },
    }),
  })),
]
