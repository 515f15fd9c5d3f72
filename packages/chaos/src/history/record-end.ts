import type { Broker, DeadLetter } from '@bananasjs/core/contract'
import type { EventOf, History } from './history-event.ts'
import { countsEvent } from './open-tasks.ts'
import { header } from './wire-headers.ts'

const PAGE = 500

export function letterOf({ message }: DeadLetter, queue: string): Omit<EventOf<'letter'>, 'at' | 'by'> {
  return { kind: 'letter', task: message.id, queue, error: message.headers[header.error] !== undefined }
}

/**
 * Writes down what the broker itself says of the queues when a run is over: what it still holds, and its dead letters.
 * Without it nobody can tell a task that was lost from one that still waits.
 */
export async function recordEnd(broker: Broker, queues: readonly string[], history: History): Promise<void> {
  for (const queue of queues) {
    if (broker.deadLetters !== undefined) {
      let after: string | undefined
      do {
        const page = await broker.deadLetters.list(queue, {
          limit: PAGE,
          ...(after !== undefined && { after }),
        })
        if (page.letters.length > 0) history.write(...page.letters.map((letter) => letterOf(letter, queue)))
        after = page.next
      } while (after !== undefined)
      history.write({ kind: 'listed', queue })
    }
    if (broker.supports.inspect !== 'counts') continue
    history.write(countsEvent(queue, await broker.inspect!(queue)))
  }
}
