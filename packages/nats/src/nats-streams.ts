import { QueueError, race } from '@bananasjs/core/contract'
import type { Api, ConsumerInfo, StreamConfig, StreamInfo } from './nats-api.ts'
import { NANOS_PER_MS } from './nats-api.ts'
import { aheadError, ERROR, isRefused, missingError, natsError, orAbsent } from './nats-errors.ts'
import type { Names } from './nats-names.ts'
import type { Settings } from './nats-options.ts'
import { isAhead } from './nats-lost-end.ts'

export type StreamKind = 'queues' | 'delayed' | 'dead' | 'results'
export type ConsumerKind = 'ready' | 'delayed'

/**
 * How long the server lets a delivery go unheard of before anybody has named its lease: for what was on its way when a
 * connection ended. Shorter where the first who consumes asks for shorter leases.
 */
const PATIENCE_MS = 8000
/** How long the server knows what it has stored already; a publish is sent again within `recoveryMs`. */
const LEAST_MEMORY_MS = 20_000
const MAX_WAITING = 8192

interface ConsumerWish {
  readonly leaseMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** Streams and consumers: made when they are missing, checked when they are there, asked for once per connection. */
export class Streams {
  readonly #api: Api
  readonly #names: Names
  readonly #settings: Settings
  readonly #where: string
  readonly #streams = new Map<StreamKind, Promise<StreamConfig>>()
  readonly #consumers = new Map<string, Promise<number>>()
  /** Does the server forget single messages by itself? Known when it is connected. */
  #forgetful = false

  constructor(api: Api, names: Names, settings: Settings, where: string) {
    this.#api = api
    this.#names = names
    this.#settings = settings
    this.#where = where
  }

  /** The server behind the connection may be another one. */
  forget(forgetful: boolean = this.#forgetful): void {
    this.#forgetful = forgetful
    this.#streams.clear()
    this.#consumers.clear()
  }

  /** An abort ends this wait alone: others may wait for the same. @returns how the stream is made. @throws QueueError */
  ensure(kind: StreamKind, signal?: AbortSignal): Promise<StreamConfig> {
    return race(
      once(this.#streams, kind, () => this.#stream(kind)),
      signal,
    )
  }

  /**
   * The consumer that hands out what is ready, or looks after what is delayed.
   * @returns how many milliseconds it lets a delivery go unheard of
   * @throws QueueError
   */
  async ensureConsumer(
    queue: string,
    kind: ConsumerKind,
    { leaseMs = PATIENCE_MS, signal }: ConsumerWish = {},
  ): Promise<number> {
    await this.ensure(kind === 'ready' ? 'queues' : 'delayed', signal)
    return race(
      once(this.#consumers, `${kind} ${queue}`, () => this.#consumer(queue, kind, leaseMs)),
      signal,
    )
  }

  async #stream(kind: StreamKind): Promise<StreamConfig> {
    const name = this.#names[kind]
    const found = await this.#found(kind)
    if (found !== undefined) return found
    if (!this.#settings.create) throw missingError('stream', name, this.#where)
    try {
      const wanted = streamConfig(kind, this.#names, this.#settings)
      const config = kind === 'results' && this.#forgetful ? { ...wanted, allow_msg_ttl: true } : wanted
      return (await this.#api.request<StreamInfo>(`STREAM.CREATE.${name}`, config)).config
    } catch (error) {
      // Of two who make it at once, servers up to 2.9 tell one that its subjects are taken: by this very stream.
      const made = await this.#found(kind)
      if (made !== undefined) return made
      throw natsError(error, this.#where)
    }
  }

  async #found(kind: StreamKind): Promise<StreamConfig | undefined> {
    try {
      const { config } = await this.#api.request<StreamInfo>(`STREAM.INFO.${this.#names[kind]}`)
      this.#check(kind, config)
      return config
    } catch (error) {
      if (isRefused(error, ERROR.streamMissing)) return undefined
      throw natsError(error, this.#where)
    }
  }

  /** Without these nothing here keeps its promises; the rest is the operator's choice. */
  #check(kind: StreamKind, config: StreamConfig): void {
    const wanted = streamConfig(kind, this.#names, this.#settings)
    for (const key of ['retention', 'discard', 'max_msgs_per_subject'] as const) {
      if (config[key] === wanted[key]) continue
      throw new QueueError(
        'INVALID',
        `nats: the stream "${config.name}" at ${this.#where} has ${key} ${config[key]}, and needs ${wanted[key]}. ` +
          'Choose another prefix, or make the stream anew.',
      )
    }
    const missing = wanted.subjects.filter((subject) => !config.subjects.includes(subject))
    if (missing.length === 0) return
    throw new QueueError(
      'INVALID',
      `nats: the stream "${config.name}" at ${this.#where} does not take ${missing.join(', ')}. Add them to its subjects.`,
    )
  }

  async #consumer(queue: string, kind: ConsumerKind, leaseMs: number): Promise<number> {
    const names = this.#names.queue(queue)
    const stream = kind === 'ready' ? this.#names.queues : this.#names.delayed
    const name = kind === 'ready' ? names.readyConsumer : names.delayedConsumer
    const path = `${stream}.${name}`
    const found = await this.#known(path)
    if (found !== undefined) {
      if (!(await isAhead(this.#api, stream, found))) return patienceOf(found)
      await this.#forsake(path, found)
    }
    if (!this.#settings.create) throw missingError('consumer', name, this.#where)
    const patienceMs = Math.min(PATIENCE_MS, leaseMs)
    const config =
      kind === 'ready'
        ? { filter_subject: names.ready, max_ack_pending: this.#settings.maxAckPending }
        : // A delayed message waits unacknowledged: their number is that of delayed messages.
          { filter_subject: names.delayed, max_ack_pending: -1 }
    try {
      const made = await this.#api.request<ConsumerInfo>(`CONSUMER.DURABLE.CREATE.${path}`, {
        stream_name: stream,
        config: {
          durable_name: name,
          // A long name is hashed; here it is told.
          description: queue,
          ack_policy: 'explicit',
          deliver_policy: 'all',
          ack_wait: patienceMs * NANOS_PER_MS,
          // Core counts attempts; a server that gave up would strand the message.
          max_deliver: -1,
          max_waiting: MAX_WAITING,
          ...config,
        },
      })
      return patienceOf(made)
    } catch (error) {
      // Somebody else has made it meanwhile, with a patience of their own.
      const other = await this.#known(path)
      if (other !== undefined) return patienceOf(other)
      throw natsError(error, this.#where)
    }
  }

  /** A new one hands out all that is in the stream. */
  async #forsake(path: string, ahead: ConsumerInfo): Promise<void> {
    if (!this.#settings.create) throw aheadError(ahead.name, this.#where)
    const now = await this.#known(path)
    if (now?.created !== ahead.created) return // somebody else was faster
    await orAbsent(this.#api.request(`CONSUMER.DELETE.${path}`), ERROR.consumerMissing)
  }

  #known(path: string): Promise<ConsumerInfo | undefined> {
    const answer = this.#api.request<ConsumerInfo>(`CONSUMER.INFO.${path}`)
    return orAbsent(answer, ERROR.consumerMissing).catch((error: unknown) => {
      throw natsError(error, this.#where)
    })
  }
}

function patienceOf({ config }: ConsumerInfo): number {
  return (config.ack_wait ?? 0) / NANOS_PER_MS
}

/** As an operator who makes the streams beforehand has to make them. */
function streamConfig(kind: StreamKind, names: Names, settings: Settings): StreamConfig {
  const { replicas, storage, maxBytes, deadLetterMaxAgeMs, recoveryMs } = settings
  const common = {
    name: names[kind],
    storage,
    // A full stream refuses what comes, and throws nothing away.
    discard: 'new' as const,
    num_replicas: replicas,
    max_bytes: maxBytes,
    max_age: 0,
    max_msgs_per_subject: -1,
    duplicate_window: Math.max(LEAST_MEMORY_MS, 2 * recoveryMs) * NANOS_PER_MS,
    allow_direct: true,
  }
  if (kind === 'queues') {
    return { ...common, subjects: [names.readySubjects, names.silentSubjects], retention: 'workqueue' }
  }
  // Apart, so that what is due has somewhere to go when there is no more room for what is delayed.
  if (kind === 'delayed') return { ...common, subjects: [names.delayedSubjects], retention: 'workqueue' }
  if (kind === 'dead') {
    const age = deadLetterMaxAgeMs * NANOS_PER_MS
    return {
      ...common,
      subjects: [names.deadSubjects],
      retention: 'limits',
      max_age: age,
      ...(age > 0 && { duplicate_window: Math.min(age, common.duplicate_window) }),
    }
  }
  return {
    ...common,
    subjects: [names.resultSubjects],
    retention: 'limits',
    max_msgs_per_subject: 1,
    allow_rollup_hdrs: true,
  }
}

/** What failed is asked for again. */
function once<K, V>(known: Map<K, Promise<V>>, key: K, make: () => Promise<V>): Promise<V> {
  const before = known.get(key)
  if (before !== undefined) return before
  const made = make()
  known.set(key, made)
  made.catch(() => {
    if (known.get(key) === made) known.delete(key)
  })
  return made
}
