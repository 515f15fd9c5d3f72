import { checkQueueName, QueueError } from '@bananasjs/core/contract'
import type {
  Abortable,
  DeadLetter,
  DeadLetterPage,
  DeadLetters,
  DeadLetterSelection,
  Tenancy,
} from '@bananasjs/core/contract'
import type { NatsClient } from './nats-client.ts'
import { decode } from './nats-message.ts'
import type { Stored } from './nats-message.ts'
import { readStream } from './nats-reader.ts'
import type { Read } from './nats-reader.ts'
import type { Sender } from './nats-sender.ts'
import { deleteStored } from './nats-stored.ts'

interface Letter {
  readonly read: Read
  readonly stored: Stored
}

/** A stream of their own: read by whoever looks, each at its own pace. */
export class NatsDeadLetters implements DeadLetters {
  readonly #client: NatsClient
  readonly #sender: Sender
  readonly #tenancy: Tenancy

  constructor(client: NatsClient, sender: Sender, tenancy: Tenancy) {
    this.#client = client
    this.#sender = sender
    this.#tenancy = tenancy
  }

  async list(
    queue: string,
    { limit, after, signal }: DeadLetterPage & Abortable,
  ): Promise<{ readonly letters: readonly DeadLetter[]; readonly next?: string | undefined }> {
    const from = after === undefined ? 1 : Number(after) + 1
    if (!(from >= 1))
      throw new QueueError('INVALID', `nats: after is the next of an earlier page, not ${after}.`)
    const found: Letter[] = []
    for await (const batch of this.#read(queue, { from, limit: limit + 1, signal })) found.push(...batch)
    const page = found.slice(0, limit)
    const last = page.at(-1)
    return {
      letters: page.map(toDeadLetter),
      ...(found.length > limit && last !== undefined && { next: String(last.read.seq) }),
    }
  }

  redrive(queue: string, { ids, signal }: DeadLetterSelection & Abortable = {}): Promise<number> {
    const { ready } = this.#client.names.queue(queue)
    return this.#each(queue, { ids, signal }, async (letters) => {
      await this.#client.streams.ensureConsumer(queue, 'ready', { signal })
      // Whoever redrives the same letters at the same time stores none of them twice.
      const sent = await this.#sender.send(
        queue,
        letters.map(({ read, stored }) => ({
          ...this.#sender.letter(ready, stored.message),
          mark: `redrive.${read.seq}.${read.storedAt}`,
        })),
        signal,
      )
      const failure = sent.find((error) => error !== undefined)
      if (failure !== undefined && sent.every((error) => error !== undefined)) throw failure
      return letters.filter((_, index) => sent[index] === undefined)
    })
  }

  drop(queue: string, { ids, signal }: DeadLetterSelection & Abortable = {}): Promise<number> {
    return this.#each(queue, { ids, signal }, async (letters) => letters)
  }

  /** Batch by batch: what `act` returns is removed and counted. */
  async #each(
    queue: string,
    { ids, signal }: DeadLetterSelection & Abortable,
    act: (letters: readonly Letter[]) => Promise<readonly Letter[]>,
  ): Promise<number> {
    const wanted = ids === undefined ? undefined : new Set(ids)
    let count = 0
    for await (const batch of this.#read(queue, { from: 1, limit: Infinity, signal })) {
      const chosen = batch.filter(({ stored }) => wanted?.has(stored.message.id) ?? true)
      if (chosen.length > 0) count += await this.#remove(await act(chosen))
    }
    return count
  }

  async *#read(
    queue: string,
    options: { readonly from: number; readonly limit: number; readonly signal?: AbortSignal | undefined },
  ): AsyncGenerator<readonly Letter[]> {
    checkQueueName(queue)
    await this.#tenancy.open(options.signal)
    const { names, streams } = this.#client
    await streams.ensure('dead', options.signal)
    const filter = names.queue(queue).dead
    for await (const batch of readStream(this.#client, { stream: names.dead, filter, ...options })) {
      yield batch
        .map((read) => ({ read, stored: decode(read.data) }))
        .filter((one): one is Letter => !(one.stored instanceof QueueError))
    }
  }

  /** @returns how many were still there */
  async #remove(letters: readonly Letter[]): Promise<number> {
    const { api, names, link } = this.#client
    const removed = await Promise.all(
      letters.map(async ({ read }) => {
        try {
          return await deleteStored(api, names.dead, read.seq)
        } catch (error) {
          throw link.explain(error)
        }
      }),
    )
    return removed.filter(Boolean).length
  }
}

function toDeadLetter({ read, stored: { message, reason, deliveries } }: Letter): DeadLetter {
  return { message, reason, deliveries, deadAt: Math.floor(read.storedAt) }
}
