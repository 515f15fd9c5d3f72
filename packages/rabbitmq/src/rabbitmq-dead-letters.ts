import { checkQueueName, sleep, systemRuntime } from '@bananasjs/core/contract'
import type {
  Abortable,
  DeadLetter,
  DeadLetterPage,
  DeadLetters,
  DeadLetterSelection,
  Tenancy,
} from '@bananasjs/core/contract'
import type { RabbitmqClient } from './rabbitmq-client.ts'
import type { AmqpMessage } from './rabbitmq-driver.ts'
import { cursorOf, LetterReader } from './rabbitmq-letter-reader.ts'
import type { Letter } from './rabbitmq-letter-reader.ts'
import { encode } from './rabbitmq-message.ts'
import type { Incoming } from './rabbitmq-message.ts'

/** Somebody else reads the letters: they are back in a moment. */
const RETRY_MS = 50
const PATIENCE_MS = 10_000

/**
 * AMQP cannot look into a queue: letters are taken, read and given back. One reader at a time: within this process by
 * waiting, among processes because its consumer is exclusive.
 */
export class RabbitmqDeadLetters implements DeadLetters {
  readonly #client: RabbitmqClient
  readonly #tenancy: Tenancy
  /** The end of the line of readers, by queue. */
  readonly #lines = new Map<string, Promise<unknown>>()

  constructor(client: RabbitmqClient, tenancy: Tenancy) {
    this.#client = client
    this.#tenancy = tenancy
  }

  list(
    queue: string,
    { limit, after, signal }: DeadLetterPage & Abortable,
  ): Promise<{ readonly letters: readonly DeadLetter[]; readonly next?: string | undefined }> {
    return this.#reading(queue, signal, async (letters) => {
      const rest = after === undefined ? letters : letters.filter((letter) => cursorOf(letter) > after)
      const page = rest.slice(0, limit)
      const last = page.at(-1)
      return {
        letters: page.map(({ incoming }) => toDeadLetter(incoming)),
        ...(rest.length > limit && last !== undefined && { next: cursorOf(last) }),
      }
    })
  }

  redrive(queue: string, { ids, signal }: DeadLetterSelection & Abortable = {}): Promise<number> {
    return this.#reading(queue, signal, async (letters, take) => {
      const chosen = select(letters, ids)
      const key = this.#client.topology.queue('ready', queue)
      const sent = await this.#client.publisher.send(
        chosen.map(({ incoming: { message } }) => ({
          ...encode(message, JSON.stringify(message.headers)),
          target: { exchange: '', key },
        })),
        signal,
      )
      const moved = chosen.filter((_, at) => sent[at] === undefined)
      for (const letter of moved) take(letter)
      const failure = sent.find((error) => error !== undefined)
      if (failure !== undefined && moved.length === 0) throw failure
      return moved.length
    })
  }

  drop(queue: string, { ids, signal }: DeadLetterSelection & Abortable = {}): Promise<number> {
    return this.#reading(queue, signal, async (letters, take) => {
      const chosen = select(letters, ids)
      for (const letter of chosen) take(letter)
      return chosen.length
    })
  }

  async #reading<T>(queue: string, signal: AbortSignal | undefined, act: Act<T>): Promise<T> {
    checkQueueName(queue)
    await this.#tenancy.open(signal)
    const before = this.#lines.get(queue)
    const work = (async (): Promise<T> => {
      await before?.catch(() => undefined)
      return this.#patiently(queue, signal, act)
    })()
    this.#lines.set(queue, work)
    try {
      return await work
    } finally {
      if (this.#lines.get(queue) === work) this.#lines.delete(queue)
    }
  }

  async #patiently<T>(queue: string, signal: AbortSignal | undefined, act: Act<T>): Promise<T> {
    const { topology, publisher, publishing } = this.#client
    const declaring = await publisher.channel(signal)
    for (const kind of ['dead', 'ready'] as const)
      await publishing.answer(topology.declareQueue(declaring, kind, queue), 'the declaration of a queue')
    const deadline = systemRuntime.monotonic() + PATIENCE_MS
    for (;;) {
      try {
        return await this.#once(topology.queue('dead', queue), signal, act)
      } catch (error) {
        if (!isTaken(error) || systemRuntime.monotonic() > deadline)
          throw this.#client.consuming.explain(error)
        await sleep(systemRuntime, RETRY_MS * (0.5 + systemRuntime.random()), signal)
      }
    }
  }

  #once<T>(name: string, signal: AbortSignal | undefined, act: Act<T>): Promise<T> {
    return this.#client.consuming.onChannel(async (channel) => {
      const reader = await LetterReader.open(channel, name)
      const letters = await reader.read()
      const taken = new Set<AmqpMessage>()
      const result = await act(letters, (letter) => {
        taken.add(letter.raw)
        channel.ack(letter.raw)
      })
      await reader.giveBack((raw) => !taken.has(raw))
      return result
    }, signal)
  }
}

type Act<T> = (letters: readonly Letter[], take: (letter: Letter) => void) => Promise<T>

/** Is somebody else reading them? */
function isTaken(error: unknown): boolean {
  return error instanceof Error && /exclusive use|ACCESS.REFUSED/i.test(error.message)
}

function select(letters: readonly Letter[], ids: readonly string[] | undefined): readonly Letter[] {
  if (ids === undefined) return letters
  const wanted = new Set(ids)
  return letters.filter(({ incoming }) => wanted.has(incoming.message.id))
}

function toDeadLetter({ message, death, earlier }: Incoming): DeadLetter {
  return { message, reason: death.reason, deadAt: death.deadAt, deliveries: earlier }
}
