import { QueueError } from '@bananasjs/core/contract'
import type { Message } from '@bananasjs/core/contract'
import { memory } from '@bananasjs/core/memory'
import { asText, mutant, pause } from '../mutants-results/mutant.ts'
import type { Mutant } from '../mutants-results/mutant.ts'
import { boaster, brokerMutant } from './broker-mutant.ts'

/** Each message is stored as something else. */
function storing(name: string, kills: readonly string[], change: (message: Message) => Message): Mutant {
  return brokerMutant(name, kills, () => ({
    broker: (base) => ({
      publish: (queue, messages, options) => base.publish(queue, messages.map(change), options),
    }),
  }))
}

export const PUBLISH_MUTANTS: readonly Mutant[] = [
  brokerMutant('hands out the delay that is over', ['PUB-1'], () => ({
    consumer: (base) => ({
      receive: async (max, options) =>
        (await base.receive(max, options)).map((one) => ({
          ...one,
          message: { ...one.message, delayMs: 1000 },
        })),
    }),
  })),
  brokerMutant('fails on an empty batch', ['PUB-2'], () => ({
    broker: (base) => ({
      publish: (queue, messages, options) =>
        messages.length > 0
          ? base.publish(queue, messages, options)
          : Promise.reject(new QueueError('INVALID', 'no messages')),
    }),
  })),
  brokerMutant('stores the first of a batch', ['PUB-3', 'RECV-6', 'SETTLE-2'], () => ({
    broker: (base) => ({
      publish: (queue, messages, options) => base.publish(queue, messages.slice(0, 1), options),
    }),
  })),
  storing('needs a byte at least', ['PUB-4'], (message) =>
    message.body.length > 0 ? message : { ...message, body: new Uint8Array(1) },
  ),
  storing('takes a body for text', ['PUB-5'], (message) => ({ ...message, body: asText(message.body) })),
  storing('writes the names of headers in lower case', ['PUB-6'], (message) => ({
    ...message,
    headers: Object.fromEntries(
      Object.entries(message.headers).map(([name, value]) => [name.toLowerCase(), value]),
    ),
  })),
  storing('spells ids in its own way', ['PUB-7'], (message) => ({
    ...message,
    id: message.id.replaceAll(/[^\w-]/g, '_'),
  })),
  brokerMutant('fails a batch for one bad message', ['PUB-8', 'LIMIT-1'], () => ({
    broker: (base) => ({
      async publish(queue, messages, options) {
        const failures = await base.publish(queue, messages, options)
        if (failures.length > 0) throw failures[0]!.error
        return failures
      },
    }),
  })),
  brokerMutant('stores after it said so', ['PUB-9'], () => ({
    broker: (base) => ({
      async publish(queue, messages, options) {
        options?.signal?.throwIfAborted()
        void pause(30).then(() => base.publish(queue, messages).catch(() => []))
        return []
      },
    }),
  })),
  brokerMutant('forgets what comes while it is busy', ['PUB-10'], () => {
    let busy = false
    return {
      broker: (base) => ({
        async publish(queue, messages, options) {
          if (busy) return []
          busy = true
          await pause(1)
          busy = false
          return base.publish(queue, messages, options)
        },
      }),
    }
  }),
  mutant('as a broker keeps a store for each client', ['PUB-11'], () => (base) => ({
    ...base,
    broker: memory().broker,
  })),
  boaster('takes what is too large', ['LIMIT-1'], { says: { maxMessageBytes: 1000 } }),
  storing('cuts large bodies', ['LIMIT-2'], (message) => ({
    ...message,
    body: message.body.subarray(0, 65_536),
  })),
  boaster('takes half of the batch it promises', ['LIMIT-3'], {
    can: { maxBatch: 500 },
    says: { maxBatch: 1000 },
  }),
  brokerMutant('cuts a batch in silence', ['LIMIT-4'], () => ({
    broker: (base) => ({
      publish: (queue, messages, options) =>
        base.publish(queue, messages.slice(0, base.supports.maxBatch), options),
    }),
  })),
  boaster('hands over more than its largest batch', ['LIMIT-5'], { says: { maxBatch: 10 } }),
]
