import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  ListQueueTagsCommand,
} from '@aws-sdk/client-sqs'
import type {
  CreateQueueCommandOutput,
  GetQueueAttributesCommandOutput,
  GetQueueUrlCommandOutput,
  ListQueuesCommandOutput,
  ListQueueTagsCommandOutput,
} from '@aws-sdk/client-sqs'
import { QueueError } from '@bananasjs/core/contract'
import type { SqsClient } from './sqs-client.ts'
import { queueNames, readName, readTags } from './sqs-names.ts'
import type { QueueNames } from './sqs-names.ts'

export interface SqsQueue {
  readonly url: string
  /** What this queue takes as one message: old queues take less than new ones. */
  readonly maxBytes: number
}

/** What SQS makes of a queue without attributes forgets messages after four days. */
const RETENTION_S = 14 * 86_400
const NEW_QUEUE_BYTES = 1024 * 1024
const PAGE = 1000

/** Finds queues by the names users gave them, makes those that are missing, and remembers where they are. */
export class SqsQueues {
  readonly #client: SqsClient
  readonly #found = new Map<string, Promise<SqsQueue | undefined>>()

  constructor(client: SqsClient) {
    this.#client = client
  }

  /** @throws QueueError INVALID when it is missing and may not be made */
  async main(queue: string): Promise<SqsQueue> {
    const names = this.#names(queue)
    return (await this.#once(names.main, () => this.#make(names))) ?? this.#missing(queue, names.main)
  }

  async dead(queue: string): Promise<SqsQueue> {
    const { dead } = this.#names(queue)
    return (await this.#once(dead, () => this.#create(dead, {}, {}))) ?? this.#missing(queue, dead)
  }

  /** Without making it. */
  findMain(queue: string): Promise<SqsQueue | undefined> {
    return this.#once(this.#names(queue).main)
  }

  findDead(queue: string): Promise<SqsQueue | undefined> {
    return this.#once(this.#names(queue).dead)
  }

  /** Somebody deleted it: the next use looks for it anew. */
  forget(queue: string): void {
    const { main, dead } = this.#names(queue)
    this.#found.delete(main)
    this.#found.delete(dead)
  }

  async attributes({ url }: SqsQueue, names: readonly string[]): Promise<Readonly<Record<string, string>>> {
    const command = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [...names] as never })
    const reply = await this.#client.call<GetQueueAttributesCommandOutput>(command, { repeatable: true })
    return reply.Attributes ?? {}
  }

  /** All queues of this prefix and kind, by the names users gave them. */
  async list(signal?: AbortSignal): Promise<readonly string[]> {
    const { prefix } = this.#client.settings
    const found: string[] = []
    let next: string | undefined
    do {
      signal?.throwIfAborted()
      const command = new ListQueuesCommand({ QueueNamePrefix: prefix, MaxResults: PAGE, NextToken: next })
      const reply = await this.#client.call<ListQueuesCommandOutput>(command, { repeatable: true })
      for (const url of reply.QueueUrls ?? []) found.push(...(await this.#nameOf(url)))
      next = reply.NextToken
    } while (next !== undefined)
    return found.toSorted()
  }

  #names(queue: string): QueueNames {
    const { prefix, fifo } = this.#client.settings
    return queueNames(prefix, queue, fifo)
  }

  async #nameOf(url: string): Promise<readonly string[]> {
    const { prefix, fifo } = this.#client.settings
    const read = readName(prefix, url.slice(url.lastIndexOf('/') + 1), fifo)
    if (read !== 'tagged') return read === undefined ? [] : [read.queue]
    const command = new ListQueueTagsCommand({ QueueUrl: url })
    const reply = await this.#client.call<ListQueueTagsCommandOutput>(command, { repeatable: true })
    const queue = readTags(reply.Tags ?? {})
    return queue === undefined ? [] : [queue]
  }

  /** One look for all who ask at once; what is not there is not remembered. */
  #once(name: string, make?: () => Promise<SqsQueue>): Promise<SqsQueue | undefined> {
    const known = this.#found.get(name)
    if (known !== undefined) return known.then((queue) => queue ?? this.#look(name, make))
    const looking = this.#look(name, make)
    this.#found.set(name, looking)
    looking.then(
      (queue) => queue === undefined && this.#drop(name, looking),
      () => this.#drop(name, looking),
    )
    return looking
  }

  #drop(name: string, looking: Promise<SqsQueue | undefined>): void {
    if (this.#found.get(name) === looking) this.#found.delete(name)
  }

  async #look(name: string, make?: () => Promise<SqsQueue>): Promise<SqsQueue | undefined> {
    try {
      const command = new GetQueueUrlCommand({ QueueName: name })
      const { QueueUrl } = await this.#client.call<GetQueueUrlCommandOutput>(command, { repeatable: true })
      return await this.#measured(QueueUrl!)
    } catch (error) {
      if (!isMissing(error)) throw error
      return this.#client.settings.create ? make?.() : undefined
    }
  }

  async #make({ main, dead, tags }: QueueNames): Promise<SqsQueue> {
    const { maxReceiveCount } = this.#client.settings
    if (maxReceiveCount === undefined) return this.#create(main, {}, tags)
    const letters = (await this.#once(dead, () => this.#create(dead, {}, {})))!
    const { QueueArn } = await this.attributes(letters, ['QueueArn'])
    const policy = { deadLetterTargetArn: QueueArn, maxReceiveCount }
    return this.#create(main, { RedrivePolicy: JSON.stringify(policy) }, tags)
  }

  async #create(
    name: string,
    attributes: Readonly<Record<string, string>>,
    tags: Readonly<Record<string, string>>,
  ): Promise<SqsQueue> {
    const command = new CreateQueueCommand({
      QueueName: name,
      Attributes: {
        MessageRetentionPeriod: String(RETENTION_S),
        ...(this.#client.settings.fifo ? { FifoQueue: 'true' } : undefined),
        ...attributes,
      },
      ...(Object.keys(tags).length === 0 ? undefined : { tags }),
    })
    try {
      const { QueueUrl } = await this.#client.call<CreateQueueCommandOutput>(command, { repeatable: true })
      return await this.#measured(QueueUrl!)
    } catch (error) {
      // Somebody else made it meanwhile, otherwise: then it is taken as it is.
      const found = QueueError.is(error, 'INVALID') ? await this.#look(name) : undefined
      if (found === undefined) throw error
      return found
    }
  }

  async #measured(url: string): Promise<SqsQueue> {
    const { MaximumMessageSize } = await this.attributes({ url, maxBytes: 0 }, ['MaximumMessageSize'])
    return { url, maxBytes: Number(MaximumMessageSize ?? NEW_QUEUE_BYTES) }
  }

  #missing(queue: string, name: string): never {
    throw new QueueError(
      'INVALID',
      `sqs: queue "${queue}" is missing: ${this.#client.where} has no queue ${name}, and queues are not made here ` +
        '(create: false). Create it, or let it be created.',
    )
  }
}

/** True for the answer that there is no such queue. */
export function isMissing(error: unknown): boolean {
  const cause = QueueError.is(error, 'INVALID') ? error.cause : undefined
  return cause instanceof Error && /QueueDoesNotExist|NonExistentQueue/.test(cause.name)
}
