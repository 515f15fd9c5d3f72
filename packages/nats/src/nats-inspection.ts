import { QueueError } from '@bananasjs/core/contract'
import type { Abortable, Message, QueueCounts } from '@bananasjs/core/contract'
import type { ConsumerInfo, StreamInfo } from './nats-api.ts'
import type { NatsClient } from './nats-client.ts'
import { ERROR, orAbsent } from './nats-errors.ts'
import { decode } from './nats-message.ts'
import { readStored } from './nats-stored.ts'

/** Looks at queues, and takes nothing. */
export class Inspection {
  readonly #client: NatsClient

  constructor(client: NatsClient) {
    this.#client = client
  }

  async counts(queue: string, { signal }: Abortable = {}): Promise<QueueCounts> {
    const { names } = this.#client
    const { ready, delayed, dead } = names.queue(queue)
    const consumer = await this.#consumer(queue, signal)
    const [live, waiting, letters] = await Promise.all([
      this.#subjects(names.queues, ready, signal),
      this.#subjects(names.delayed, delayed, signal),
      this.#subjects(names.dead, dead, signal),
    ])
    const there = live[ready] ?? 0
    const leased = Math.min(there, consumer?.num_ack_pending ?? 0)
    return { ready: there - leased, delayed: waiting[delayed] ?? 0, leased, dead: letters[dead] ?? 0 }
  }

  /** Every queue has a consumer from its first use on, which bears its name. */
  async queues({ signal }: Abortable = {}): Promise<readonly string[]> {
    const { api, names } = this.#client
    const found: ConsumerInfo[] = []
    for (let total = Infinity; found.length < total;) {
      const request = { offset: found.length }
      const page = await api.request<ConsumerPage>(`CONSUMER.LIST.${names.queues}`, request, signal)
      found.push(...(page.consumers ?? []))
      total = (page.consumers ?? []).length === 0 ? 0 : page.total
    }
    const ready = found.filter(({ name }) => name.startsWith('ready_'))
    return [...new Set(ready.map(({ config }) => config.description ?? ''))].toSorted()
  }

  /** From the first that was never handed out; what was given back stands behind it, as a new message. */
  async peek(queue: string, limit: number, { signal }: Abortable = {}): Promise<readonly Message[]> {
    const { api, names } = this.#client
    const consumer = await this.#consumer(queue, signal)
    const messages: Message[] = []
    let seq = (consumer?.delivered.stream_seq ?? 0) + 1
    while (messages.length < limit) {
      const wanted = { seq, next_by_subj: names.queue(queue).ready }
      const found = await readStored(api, names.queues, wanted, signal)
      if (found === undefined) break
      const stored = decode(Buffer.from(found.data ?? '', 'base64'))
      if (!(stored instanceof QueueError)) messages.push(stored.message)
      seq = found.seq + 1
    }
    return messages
  }

  /** Forgets what is delayed. */
  async purgeDelayed(queue: string, { signal }: Abortable = {}): Promise<number> {
    const { api, names } = this.#client
    const { purged } = await api.request<{ readonly purged: number }>(
      `STREAM.PURGE.${names.delayed}`,
      { filter: names.queue(queue).delayed },
      signal,
    )
    return purged
  }

  #consumer(queue: string, signal: AbortSignal | undefined): Promise<ConsumerInfo | undefined> {
    const { api, names } = this.#client
    const path = `CONSUMER.INFO.${names.queues}.${names.queue(queue).readyConsumer}`
    return orAbsent(api.request<ConsumerInfo>(path, '', signal), ERROR.consumerMissing)
  }

  async #subjects(
    stream: string,
    filter: string,
    signal: AbortSignal | undefined,
  ): Promise<Readonly<Record<string, number>>> {
    const request = { subjects_filter: filter }
    const { state } = await this.#client.api.request<StreamInfo>(`STREAM.INFO.${stream}`, request, signal)
    return state.subjects ?? {}
  }
}

interface ConsumerPage {
  readonly total: number
  readonly consumers?: readonly ConsumerInfo[]
}
