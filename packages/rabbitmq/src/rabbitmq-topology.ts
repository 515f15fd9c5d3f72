import { QueueError } from '@bananasjs/core/contract'
import type { AmqpChannel, AmqpTable } from './rabbitmq-driver.ts'
import { isMissing } from './rabbitmq-errors.ts'
import { LEVELS, levelMs, levelPattern } from './rabbitmq-delays.ts'
import type { Settings } from './rabbitmq-options.ts'
import { serverQueue } from './rabbitmq-names.ts'
import type { QueueKind } from './rabbitmq-names.ts'

/** Far beyond any count of a real message: what was handed over too often is for core to judge, not for the server to drop. */
const NO_LIMIT = 1_000_000_000

/**
 * Everything at the server that these messages need, declared when it is first needed and again on each new connection;
 * declaring what is there changes nothing.
 */
export class Topology {
  readonly #settings: Settings
  readonly #declared = new Map<string, Promise<void>>()

  constructor(settings: Settings) {
    this.#settings = settings
  }

  get eventExchange(): string {
    return `${this.#settings.prefix}:events`
  }

  /** Where a delayed message of this level enters. */
  delayExchange(level: number): string {
    return `${this.#settings.prefix}:delay-${level}`
  }

  queue(kind: QueueKind, queue: string): string {
    return serverQueue(this.#settings.prefix, kind, queue)
  }

  /** A new connection may be to another server. */
  forget(): void {
    this.#declared.clear()
  }

  /** The queue, and its way out of the delays. */
  declareQueue(channel: AmqpChannel, kind: QueueKind, queue: string): Promise<void> {
    const name = this.queue(kind, queue)
    return this.#once(name, async () => {
      if (!this.#settings.create) return mustExist(channel, name)
      await channel.assertQueue(name, { durable: true, arguments: this.#arguments(kind) })
      if (kind === 'dead') return
      await channel.assertExchange(this.#delayEnd, 'topic', { durable: true })
      await channel.bindQueue(name, this.#delayEnd, `#.${name}`)
    })
  }

  /** The levels, from the end upwards, so that no message can meet one that leads nowhere. */
  declareDelays(channel: AmqpChannel): Promise<void> {
    return this.#once('delays', async () => {
      if (!this.#settings.create) return
      await channel.assertExchange(this.#delayEnd, 'topic', { durable: true })
      for (let level = 0; level < LEVELS; level += 1) {
        const name = this.delayExchange(level)
        const next = level === 0 ? this.#delayEnd : this.delayExchange(level - 1)
        await Promise.all([
          channel.assertExchange(name, 'topic', { durable: true }),
          channel.assertQueue(name, { durable: true, arguments: this.#levelArguments(level, next) }),
          channel.bindQueue(name, name, levelPattern(level, 1)),
          channel.bindExchange(next, name, levelPattern(level, 0)),
        ])
      }
    })
  }

  declareEvents(channel: AmqpChannel): Promise<void> {
    return this.#once('events', async () => {
      if (!this.#settings.create) return
      await channel.assertExchange(this.eventExchange, 'direct', { durable: true })
    })
  }

  get #delayEnd(): string {
    return `${this.#settings.prefix}:delay-end`
  }

  #arguments(kind: QueueKind): AmqpTable {
    const { queueType, priorityLevels } = this.#settings
    if (queueType === 'quorum') return { 'x-queue-type': 'quorum', 'x-delivery-limit': NO_LIMIT }
    return {
      'x-queue-type': 'classic',
      ...(kind === 'ready' && priorityLevels > 1 && { 'x-max-priority': priorityLevels - 1 }),
    }
  }

  /** At-least-once dead-lettering: the next level has confirmed a message before this one lets go of it. */
  #levelArguments(level: number, next: string): AmqpTable {
    const { queueType } = this.#settings
    const common = { 'x-message-ttl': levelMs(level), 'x-dead-letter-exchange': next }
    if (queueType === 'classic') return { ...common, 'x-queue-type': 'classic' }
    return {
      ...common,
      'x-queue-type': 'quorum',
      'x-overflow': 'reject-publish',
      'x-dead-letter-strategy': 'at-least-once',
    }
  }

  #once(name: string, declare: () => Promise<void>): Promise<void> {
    const known = this.#declared.get(name)
    if (known !== undefined) return known
    const work = declare()
    this.#declared.set(name, work)
    work.catch(() => {
      if (this.#declared.get(name) === work) this.#declared.delete(name)
    })
    return work
  }
}

async function mustExist(channel: AmqpChannel, name: string): Promise<void> {
  try {
    await channel.checkQueue(name)
  } catch (error) {
    if (!isMissing(error)) throw error
    throw new QueueError(
      'INVALID',
      `rabbitmq: there is no queue "${name}", and this transport makes none (create: false). Declare it, or leave create out.`,
      { cause: error },
    )
  }
}
