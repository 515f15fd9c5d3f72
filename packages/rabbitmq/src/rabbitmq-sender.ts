import { QueueError, systemRuntime } from '@bananasjs/core/contract'
import type { Headers, Message, Settlement } from '@bananasjs/core/contract'
import type { RabbitmqClient } from './rabbitmq-client.ts'
import { delayPath, MAX_DELAY_MS } from './rabbitmq-delays.ts'
import type { AmqpMessage } from './rabbitmq-driver.ts'
import { decode, encode, MAX_HEADER_BYTES, MAX_MESSAGE_BYTES } from './rabbitmq-message.ts'
import type { Incoming } from './rabbitmq-message.ts'
import type { Letter, Target } from './rabbitmq-publisher.ts'

/** A message, and its headers as they travel. */
export interface Draft {
  readonly message: Message
  readonly headers: string
}

/** Puts messages where they belong: into a queue, into the delays before it, among the dead letters, and back. */
export class Sender {
  readonly #client: RabbitmqClient

  constructor(client: RabbitmqClient) {
    this.#client = client
  }

  /** @returns what became of each: `undefined` for stored */
  async publish(
    queue: string,
    drafts: readonly Draft[],
    signal?: AbortSignal,
  ): Promise<readonly (QueueError | undefined)[]> {
    await this.#declare(
      queue,
      drafts.some(({ message }) => message.delayMs > 0),
      signal,
    )
    const key = this.#key(queue)
    const letters = drafts.map(({ message, headers }) =>
      this.#letter(key, message, { headers, deliveries: 0 }),
    )
    return this.#client.publisher.send(letters, signal)
  }

  /** The next attempt: the same body, other headers, the count of hand-overs carried on. */
  async again(
    queue: string,
    { message, deliveries }: Incoming,
    { headers, delayMs }: Settlement & { readonly as: 'retry' },
  ): Promise<QueueError | undefined> {
    const draft = draftOf({ ...message, headers, delayMs })
    const error = refusalOf(draft)
    if (error !== undefined) return error
    await this.#declare(queue, delayMs > 0)
    const [failure] = await this.#client.publisher.send([
      this.#letter(this.#key(queue), draft.message, { headers: draft.headers, deliveries }),
    ])
    return failure
  }

  /** A message that came here and was read by nobody, with the count it had before it came. Never rejects. */
  async putBack(queue: string, raw: AmqpMessage): Promise<QueueError | undefined> {
    const incoming = decode(raw)
    if (incoming instanceof QueueError) return incoming
    const { message, deliveries } = incoming
    try {
      await this.#declare(queue, false)
      const headers = JSON.stringify(message.headers)
      const [error] = await this.#client.publisher.send([
        this.#letter(this.#key(queue), message, { headers, deliveries: deliveries - 1 }),
      ])
      return error
    } catch (error) {
      return this.#client.publishing.explain(error)
    }
  }

  async bury(
    queue: string,
    { message, deliveries }: Incoming,
    { headers, reason }: Settlement & { readonly as: 'deadLetter' },
  ): Promise<QueueError | undefined> {
    const draft = draftOf({ ...message, headers: headers ?? message.headers })
    const target = await this.#deadTarget(queue)
    const death = { reason, deadAt: systemRuntime.now(), key: systemRuntime.id() }
    const letter = { ...encode(draft.message, draft.headers, { deliveries, death }), target }
    const [failure] = await this.#client.publisher.send([letter])
    return failure
  }

  /** Foreign bytes: set aside as they are, as a letter that can be listed. */
  async setAside(queue: string, { content, properties }: AmqpMessage, reason: string): Promise<void> {
    const id = typeof properties.messageId === 'string' ? properties.messageId : systemRuntime.id()
    const message = { id, headers: {} as Headers, body: new Uint8Array(content), priority: 50, delayMs: 0 }
    const target = await this.#deadTarget(queue)
    const death = { reason, deadAt: systemRuntime.now(), key: systemRuntime.id() }
    const [failure] = await this.#client.publisher.send([{ ...encode(message, '{}', { death }), target }])
    if (failure !== undefined) throw failure
  }

  async #deadTarget(queue: string): Promise<Target> {
    const { topology, publisher, publishing } = this.#client
    const channel = await publisher.channel()
    await publishing.answer(topology.declareQueue(channel, 'dead', queue), 'the declaration of a queue')
    return { exchange: '', key: topology.queue('dead', queue) }
  }

  async #declare(queue: string, delays: boolean, signal?: AbortSignal): Promise<void> {
    const { topology, publisher, publishing } = this.#client
    const channel = await publisher.channel(signal)
    await publishing.answer(topology.declareQueue(channel, 'ready', queue), 'the declaration of a queue')
    if (delays) await publishing.answer(topology.declareDelays(channel), 'the declaration of the delays')
  }

  #key(queue: string): string {
    return this.#client.topology.queue('ready', queue)
  }

  /** @param key of the queue it ends in */
  #letter(
    key: string,
    message: Message,
    { headers, deliveries }: { readonly headers: string; readonly deliveries: number },
  ): Letter {
    const { priorityLevels } = this.#client.settings
    const level = priorityLevels > 1 ? Math.floor((message.priority * priorityLevels) / 101) : undefined
    const facts = { deliveries, ...(level !== undefined && { level }) }
    return { ...encode(message, headers, facts), target: this.#target(key, message.delayMs) }
  }

  #target(key: string, delayMs: number): Target {
    if (delayMs <= 0) return { exchange: '', key }
    const { level, path } = delayPath(delayMs)
    return { exchange: this.#client.topology.delayExchange(level), key: `${path}.${key}` }
  }
}

export function draftOf(message: Message, headers: string = JSON.stringify(message.headers)): Draft {
  return { message, headers }
}

/** What this broker cannot take. Other rules of the contract are checked elsewhere. */
export function refusalOf({ message, headers }: Draft): QueueError | undefined {
  const { id, body, delayMs, group } = message
  if (delayMs > MAX_DELAY_MS) {
    return new QueueError(
      'UNSUPPORTED',
      `Message ${id}: rabbitmq keeps a delay of up to ${MAX_DELAY_MS} ms, not ${delayMs}. Core sends longer ones in hops.`,
    )
  }
  // No character takes more than three bytes: most are known to be small without being measured.
  const longest = 3 * (headers.length + id.length + (group?.length ?? 0))
  if (longest <= MAX_HEADER_BYTES && longest + body.length <= MAX_MESSAGE_BYTES) return undefined
  const headerBytes = Buffer.byteLength(headers) + Buffer.byteLength(id) + Buffer.byteLength(group ?? '')
  if (headerBytes > MAX_HEADER_BYTES) {
    return new QueueError(
      'TOO_LARGE',
      `Message ${id.slice(0, 60)} has ${headerBytes} bytes of headers, rabbitmq takes ${MAX_HEADER_BYTES}. Put them into the payload.`,
    )
  }
  const bytes = Buffer.byteLength(headers) + body.length
  if (bytes <= MAX_MESSAGE_BYTES) return undefined
  return new QueueError(
    'TOO_LARGE',
    `Message ${id} has ${bytes} bytes, rabbitmq takes ${MAX_MESSAGE_BYTES}. Store the payload elsewhere and send a reference.`,
  )
}
