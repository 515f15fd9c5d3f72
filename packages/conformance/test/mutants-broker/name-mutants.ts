import { QueueError } from '@bananasjs/core/contract'
import type { Mutant } from '../mutants-results/mutant.ts'
import { brokerMutant } from './broker-mutant.ts'

/** Queues go by another name inside. */
function naming(name: string, kills: readonly string[], spell: (queue: string) => string): Mutant {
  return brokerMutant(name, kills, () => ({
    broker: (base) => ({
      publish: (queue, messages, options) => base.publish(spell(queue), messages, options),
      consume: (queue, options) => base.consume(spell(queue), options),
    }),
  }))
}

export const NAME_MUTANTS: readonly Mutant[] = [
  naming('spells queue names in its own way', ['NAME-1'], (queue) => queue.replaceAll(/[^\w-]/g, '_')),
  naming('counts only the first bytes of a queue name', ['NAME-2'], (queue) => queue.slice(0, 200)),
  naming('takes any queue name', ['NAME-3'], (queue) =>
    typeof queue === 'string' && /^[\u0020-\u007e]{1,255}$/.test(queue) ? queue : 'other',
  ),
  brokerMutant('knows no queue before its first message', ['NAME-4'], () => {
    const known = new Set<string>()
    return {
      broker: (base) => ({
        publish(queue, messages, options) {
          known.add(queue)
          return base.publish(queue, messages, options)
        },
        consume: (queue, options) =>
          known.has(queue)
            ? base.consume(queue, options)
            : Promise.reject(new QueueError('INVALID', `There is no queue ${queue}.`)),
      }),
    }
  }),
]
