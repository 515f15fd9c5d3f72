import { QueueError, sleep, systemRuntime } from '@bananasjs/core/contract'
import type { AmqpChannel, AmqpMessage } from './rabbitmq-driver.ts'
import { decode } from './rabbitmq-message.ts'
import type { Incoming } from './rabbitmq-message.ts'

/** One reading takes at most so many; the rest is there for the next. */
const MOST = 10_000
/** Letters that were announced and do not come within this are not waited for. */
const PATIENCE_MS = 2000
const LOOK_MS = 5

export interface Letter {
  readonly raw: AmqpMessage
  readonly incoming: Incoming
}

/** Takes all messages of a queue, and gives back what is to stay. */
export class LetterReader {
  readonly #channel: AmqpChannel
  readonly #queue: string
  readonly #expected: number
  readonly #raw: AmqpMessage[] = []
  #tag = ''

  private constructor(channel: AmqpChannel, queue: string, expected: number) {
    this.#channel = channel
    this.#queue = queue
    this.#expected = expected
  }

  /** @throws what the driver throws, also when somebody else reads this queue */
  static async open(channel: AmqpChannel, queue: string): Promise<LetterReader> {
    const { messageCount } = await channel.checkQueue(queue)
    const reader = new LetterReader(channel, queue, Math.min(messageCount, MOST))
    await channel.prefetch(MOST)
    const onMessage = (message: AmqpMessage | null): void => {
      if (message !== null) reader.#raw.push(message)
    }
    const { consumerTag } = await channel.consume(queue, onMessage, { exclusive: true, noAck: false })
    reader.#tag = consumerTag
    return reader
  }

  /** Oldest first. */
  async read(): Promise<readonly Letter[]> {
    await within(() => this.#raw.length >= this.#expected)
    const letters: Letter[] = []
    for (const raw of this.#raw) {
      const incoming = decode(raw)
      if (!(incoming instanceof QueueError)) letters.push({ raw, incoming })
    }
    return letters.toSorted((a, b) => (cursorOf(a) < cursorOf(b) ? -1 : 1))
  }

  /** Ends the reading; resolves when what stays can be read again. */
  async giveBack(stays: (raw: AmqpMessage) => boolean): Promise<void> {
    await this.#channel.cancel(this.#tag)
    const rest = this.#raw.filter(stays)
    for (const raw of rest) this.#channel.nack(raw, false, true)
    await within(async () => (await this.#channel.checkQueue(this.#queue)).messageCount >= rest.length)
  }
}

/** Orders letters by their death, and names a place among them. */
export function cursorOf({ incoming: { death, message } }: Letter): string {
  return `${String(death.deadAt).padStart(16, '0')}.${death.key}.${message.id}`
}

async function within(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = systemRuntime.monotonic() + PATIENCE_MS
  while (!(await holds()) && systemRuntime.monotonic() < deadline) await sleep(systemRuntime, LOOK_MS)
}
