import type { DeadLetters, Settlement } from '@bananasjs/core/contract'
import type { Mutant } from '../mutants-results/mutant.ts'
import { brokerMutant } from './broker-mutant.ts'

type DeadSettlement = Settlement & { readonly as: 'deadLetter' }

function burying(
  name: string,
  kills: readonly string[],
  change: (settlement: DeadSettlement) => Settlement,
): Mutant {
  return brokerMutant(name, kills, () => ({
    consumer: (base) => ({
      settle: (all) => base.settle(all.map((one) => (one.as === 'deadLetter' ? change(one) : one))),
    }),
  }))
}

function letters(
  name: string,
  kills: readonly string[],
  change: (base: DeadLetters, seen: Set<string>) => Partial<DeadLetters>,
): Mutant {
  return brokerMutant(name, kills, () => {
    const queues = new Set<string>()
    return {
      broker: (base) => {
        const dead = base.deadLetters!
        return {
          consume(queue, options) {
            queues.add(queue)
            return base.consume(queue, options)
          },
          deadLetters: {
            list: (queue, options) => dead.list(queue, options),
            redrive: (queue, options) => dead.redrive(queue, options),
            drop: (queue, options) => dead.drop(queue, options),
            ...change(dead, queues),
          },
        }
      },
    }
  })
}

export const DEAD_LETTER_MUTANTS: readonly Mutant[] = [
  burying('tries a dead letter again', ['DEAD-1'], ({ receipt, headers = {} }) => ({
    receipt,
    as: 'retry',
    delayMs: 0,
    headers,
  })),
  burying('forgets why a letter died', ['DEAD-2'], (one) => ({ ...one, reason: '' })),
  burying('takes the headers of a message away as it dies', ['DEAD-3'], (one) => ({
    ...one,
    headers: one.headers ?? {},
  })),
  burying('keeps the old headers of a letter', ['DEAD-5'], ({ receipt, reason }) => ({
    receipt,
    reason,
    as: 'deadLetter',
  })),
  letters('shows the first page again and again', ['DEAD-4'], (base) => ({
    list: (queue, { limit, signal }) => base.list(queue, { limit, signal }),
  })),
  letters('redrives all, whichever are named', ['DEAD-5'], (base) => ({
    redrive: (queue) => base.redrive(queue),
  })),
  letters('redrives nothing without ids', ['DEAD-6'], (base) => ({
    redrive: async (queue, options) => (options?.ids === undefined ? 0 : base.redrive(queue, options)),
  })),
  letters('drops in words alone', ['DEAD-7'], () => ({ drop: async () => 0 })),
  letters('keeps the letters of all queues in one place', ['DEAD-8'], (base, queues) => ({
    async list(_queue, options) {
      const pages = await Promise.all([...queues].map((queue) => base.list(queue, options)))
      return { letters: pages.flatMap((page) => page.letters) }
    },
  })),
]
