import { QueueError } from '@bananasjs/core/contract'
import type { AmqpConnection } from './rabbitmq-driver.ts'

/** What both ways of making a transport take. */
export interface RabbitmqCommonOptions {
  /** Starts the name of every queue and exchange: up to 40 letters, digits, `-` and `_`. Default `bananas`. */
  readonly prefix?: string | undefined
  /**
   * `quorum` (default): replicated, written to disk before a publish resolves, redeliveries counted by the server.
   * `classic`: on one node, and with `priorityLevels`.
   */
  readonly queueType?: 'quorum' | 'classic' | undefined
  /**
   * Strict priorities of classic queues, 2 to 101; the server keeps a queue for each. Default 1: core's lanes.
   * A queue keeps the number it was declared with.
   */
  readonly priorityLevels?: number | undefined
  /**
   * Declare queues and exchanges that are missing. Default `true`. With `false` they must be there, as the page on RabbitMQ
   * describes them; the user then needs no right to configure.
   */
  readonly create?: boolean | undefined
  /** How long a call waits for a lost connection, or for the end of an alarm, before it rejects. Default 10,000. */
  readonly recoveryMs?: number | undefined
  /** How long the server may take for an answer before the connection counts as dead and is made anew. Default 15,000. */
  readonly commandMs?: number | undefined
}

export interface RabbitmqOptions extends RabbitmqCommonOptions {
  /**
   * `amqp://user:password@host:port/vhost`, or `amqps://` for TLS; several are nodes of one cluster, tried in turn.
   * Default `amqp://127.0.0.1`.
   */
  readonly url?: string | readonly string[] | undefined
  /** In place of those in the url. */
  readonly username?: string | undefined
  readonly password?: string | undefined
  readonly vhost?: string | undefined
  /** A connection that is silent for two of these is dead; whole seconds. Default 10,000. */
  readonly heartbeatMs?: number | undefined
  /** Handed to amqplib as its socket options: `ca`, `cert`, `key`, `credentials`, `clientProperties` and the like. */
  readonly driver?: Readonly<Record<string, unknown>> | undefined
}

export interface RabbitmqConnectionOptions<D extends AmqpConnection> extends RabbitmqCommonOptions {
  /** A connection of amqplib, best one that recovers. It stays yours: closing the transport leaves it open. */
  readonly connection: D
}

export interface Settings {
  readonly prefix: string
  readonly queueType: 'quorum' | 'classic'
  readonly priorityLevels: number
  readonly create: boolean
  readonly recoveryMs: number
  readonly commandMs: number
  readonly given: AmqpConnection | undefined
  readonly connection: RabbitmqOptions
}

const PREFIX = /^[\w-]{1,40}$/
const EXAMPLE = 'Write it like amqp://user:password@host:5672/vhost, or amqps:// for TLS.'

/** @throws QueueError INVALID naming the option. */
export function settingsFrom(options: RabbitmqOptions | RabbitmqConnectionOptions<AmqpConnection>): Settings {
  const { prefix = 'bananas', queueType = 'quorum', priorityLevels = 1, create = true } = options
  const { recoveryMs = 10_000, commandMs = 15_000 } = options
  if (!PREFIX.test(prefix)) {
    throw invalid(`prefix must be 1 to 40 letters, digits, "-" or "_", not ${JSON.stringify(prefix)}`)
  }
  checkQueues(queueType, priorityLevels)
  checkTimes(recoveryMs, commandMs)
  const common = { prefix, queueType, priorityLevels, create, recoveryMs, commandMs }
  if ('connection' in options) return { ...common, given: options.connection, connection: {} }
  checkConnection(options)
  return { ...common, given: undefined, connection: options }
}

/** All urls, the default included. */
export function urlsOf({ url = 'amqp://127.0.0.1' }: RabbitmqOptions): readonly string[] {
  return typeof url === 'string' ? [url] : url
}

function checkTimes(recoveryMs: number, commandMs: number): void {
  if (!(recoveryMs >= 0)) throw invalid(`recoveryMs must be at least 0, not ${recoveryMs}`)
  if (!(commandMs > 0)) throw invalid(`commandMs must be above 0, not ${commandMs}`)
}

function checkQueues(queueType: string, levels: number): void {
  if (queueType !== 'quorum' && queueType !== 'classic') {
    throw invalid(`queueType must be "quorum" or "classic", not ${JSON.stringify(queueType)}`)
  }
  if (!Number.isInteger(levels) || levels < 1 || levels > 101) {
    throw invalid(`priorityLevels must be a whole number from 1 to 101, not ${levels}`)
  }
  if (levels > 1 && queueType !== 'classic') {
    throw invalid(
      'priorityLevels needs queueType "classic": quorum queues keep no strict priorities before RabbitMQ 4.3. ' +
        'Leave it out, and core keeps lanes',
    )
  }
}

function checkConnection(options: RabbitmqOptions): void {
  const { heartbeatMs = 10_000 } = options
  const urls = urlsOf(options)
  if (urls.length === 0) throw invalid('name at least one url')
  for (const url of urls) checkUrl(url)
  if (!(heartbeatMs >= 1000 && heartbeatMs <= 600_000)) {
    throw invalid(`heartbeatMs must be from 1,000 to 600,000, not ${heartbeatMs}`)
  }
}

function checkUrl(url: string): void {
  let parsed: URL
  try {
    parsed = new URL(url)
  } catch {
    throw invalid(`the url cannot be read. ${EXAMPLE} Special characters in a password are percent-encoded`)
  }
  if (parsed.protocol !== 'amqp:' && parsed.protocol !== 'amqps:') {
    throw invalid(`the url begins with "${parsed.protocol}". ${EXAMPLE}`)
  }
  if (parsed.pathname.slice(1).includes('/')) {
    throw invalid(`the vhost in the url holds a slash. Write it as %2F. ${EXAMPLE}`)
  }
}

function invalid(why: string): QueueError {
  return new QueueError('INVALID', `rabbitmq: ${why}.`)
}
