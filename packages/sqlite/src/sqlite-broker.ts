import { checkMessage, checkQueueName, QueueError, Tenancy } from '@bananasjs/core/contract'
import type {
  Abortable,
  Broker,
  BrokerSupports,
  ConnectionNotice,
  Consumer,
  ConsumeOptions,
  DeadLetters,
  Durability,
  Failure,
  Message,
  QueueCounts,
} from '@bananasjs/core/contract'
import type { SqliteClient } from './sqlite-client.ts'
import { BATCH, queueTopic, SqliteConsumer } from './sqlite-consumer.ts'
import { SqliteDeadLetters } from './sqlite-dead-letters.ts'
import { insertMessages } from './sqlite-messages.ts'
import type { MessageRow } from './sqlite-messages.ts'
import { countMessages, listQueues, peekMessages, purgeMessages, PURGE_ROWS } from './sqlite-inspection.ts'

const MAX_MESSAGE_BYTES = 64 * 1024 * 1024
/** One unit of a transaction's cost beside the row itself: 1,000 units, so 8 MiB, are one transaction. */
const BYTES_PER_COST = 8192
const CLOCK_MS = 20

export class SqliteBroker implements Broker {
  readonly name = 'sqlite'
  readonly supports: BrokerSupports
  readonly deadLetters: DeadLetters
  readonly #client: SqliteClient
  readonly #tenancy: Tenancy
  #closing: Promise<void> | undefined
  readonly #consumers = new Set<SqliteConsumer>()

  constructor(client: SqliteClient, durability: Durability) {
    this.#client = client
    this.#tenancy = new Tenancy(client, 'sqlite', 'broker')
    this.deadLetters = new SqliteDeadLetters(client, this.#tenancy)
    this.supports = supportsOf(durability)
  }

  open({ signal }: Abortable = {}): Promise<void> {
    return this.#tenancy.open(signal)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async publish(
    queue: string,
    messages: readonly Message[],
    { signal }: Abortable = {},
  ): Promise<readonly Failure[]> {
    await this.#tenancy.open(signal)
    checkQueueName(queue)
    const failures: Failure[] = []
    let stored = false
    for (const chunk of chunked(messages, failures)) {
      try {
        await this.#client.write(() => insertMessages(this.#client, queue, chunk.rows), chunk.cost, signal)
      } catch (error) {
        if (!stored || !QueueError.is(error)) throw error
        for (const index of chunk.indexes) failures.push({ index, error })
        continue
      }
      stored = true
      this.#client.notify([queueTopic(queue)])
    }
    return failures.toSorted((a, b) => a.index - b.index)
  }

  async consume(queue: string, options: ConsumeOptions): Promise<Consumer> {
    await this.#tenancy.open(options.signal)
    checkQueueName(queue)
    if (!(options.leaseMs >= CLOCK_MS)) {
      throw new QueueError('INVALID', `sqlite: leaseMs must be at least ${CLOCK_MS}, not ${options.leaseMs}.`)
    }
    const onClose = (closed: SqliteConsumer): void => void this.#consumers.delete(closed)
    const consumer = new SqliteConsumer({ ...options, client: this.#client, queue, onClose })
    this.#consumers.add(consumer)
    return consumer
  }

  async inspect(queue: string, { signal }: Abortable = {}): Promise<QueueCounts> {
    await this.#tenancy.open(signal)
    return this.#client.read(() => countMessages(this.#client, queue), signal)
  }

  async queues({ signal }: Abortable = {}): Promise<readonly string[]> {
    await this.#tenancy.open(signal)
    return this.#client.read(() => listQueues(this.#client), signal)
  }

  async peek(queue: string, limit: number, { signal }: Abortable = {}): Promise<readonly Message[]> {
    await this.#tenancy.open(signal)
    return this.#client.read(() => peekMessages(this.#client, queue, limit), signal)
  }

  async purge(queue: string, { signal }: Abortable = {}): Promise<number> {
    await this.#tenancy.open(signal)
    const last = await this.#client.write(() => this.#client.take(1), 1, signal) // what is published from now on stays
    let count = 0
    for (;;) {
      const bite = await this.#client.write(
        () => purgeMessages(this.#client, queue, last),
        PURGE_ROWS,
        signal,
      )
      count += bite
      if (bite < PURGE_ROWS) return count
    }
  }

  onNotice(listener: (notice: ConnectionNotice) => void): () => void {
    return this.#client.onNotice(listener)
  }

  async #close(): Promise<void> {
    this.#tenancy.shut()
    await Promise.all([...this.#consumers].map((consumer) => consumer.close()))
    await this.#tenancy.leave()
  }
}

interface Chunk {
  readonly rows: MessageRow[]
  readonly indexes: number[]
  cost: number
}

/** Checks each message, puts the bad ones into `failures`, and cuts the good ones into transactions. */
function* chunked(messages: readonly Message[], failures: Failure[]): Generator<Chunk> {
  let chunk: Chunk = { rows: [], indexes: [], cost: 0 }
  for (const [index, message] of messages.entries()) {
    const headers = JSON.stringify(message.headers)
    const error = refusal(message, headers)
    if (error !== undefined) {
      failures.push({ index, error })
      continue
    }
    const cost = 1 + Math.floor(message.body.length / BYTES_PER_COST)
    if (chunk.rows.length > 0 && chunk.cost + cost > BATCH) {
      yield chunk
      chunk = { rows: [], indexes: [], cost: 0 }
    }
    chunk.rows.push({ message, headers })
    chunk.indexes.push(index)
    chunk.cost += cost
  }
  if (chunk.rows.length > 0) yield chunk
}

function refusal(message: Message, headers: string): QueueError | undefined {
  const error = checkMessage(message)
  if (error !== undefined) return error
  if (!message.id.isWellFormed() || message.group?.isWellFormed() === false) {
    return new QueueError(
      'INVALID',
      `Message ${JSON.stringify(message.id)}: id and group must be valid Unicode (no lone surrogates).`,
    )
  }
  const bytes = Buffer.byteLength(headers) + message.body.length
  if (bytes <= MAX_MESSAGE_BYTES) return undefined
  return new QueueError(
    'TOO_LARGE',
    `Message ${message.id} has ${bytes} bytes, sqlite takes ${MAX_MESSAGE_BYTES}. Store the payload elsewhere and send a reference.`,
  )
}

function supportsOf(durability: Durability): BrokerSupports {
  return Object.freeze({
    durability,
    inspect: 'counts',
    peek: true,
    purge: true,
    deadLetters: true,
    ordered: 'queue',
    release: 'free',
    priorityLevels: 101,
    maxDelayMs: Infinity,
    dedupeMs: 0,
    maxMessageBytes: MAX_MESSAGE_BYTES,
    maxBatch: BATCH,
    clockMs: CLOCK_MS,
    lease: Object.freeze({ renewable: true, fenced: true, shared: true, maxMs: Infinity }),
  })
}
