import { systemRuntime } from '@bananasjs/core/contract'
import type { Timer } from '@bananasjs/core/contract'
import { createInbox } from '@nats-io/transport-node'
import { NANOS_PER_MS } from './nats-api.ts'
import type { NatsClient } from './nats-client.ts'
import type { NatsDriver, NatsMessage, NatsSubscription } from './nats-driver.ts'
import { isMessage } from './nats-message.ts'

/** How long the server keeps a pull that it cannot serve. */
const EXPIRES_MS = 30_000
/** While a pull waits at the server, it is heard of this often. */
const HEARTBEAT_MS = 2000
/** Longer silence: the pull is no longer there. */
const SILENCE_MS = 5000
/** So often in a row, and the connection counts as dead. */
const SILENCES = 2
/** Whoever asks for nothing more for so long is not reading: what the server sends is for others. */
const LINGER_MS = 100

/** Within so long the server has begun to serve a pull, if it can. Longer, and a poll of an empty queue would hold up others. */
const ARRIVING_MS = 3

/** One that is being served, and one to be served next. */
const MOST_PULLS = 2
/** The second asks for this part of what there is room for, at least. */
const LEAST_SHARE = 4

const NO_RESPONDERS = 503
const HEARTBEAT = 100

export interface PullerOptions {
  readonly client: NatsClient
  readonly stream: string
  /** Name of the durable consumer. */
  readonly consumer: string
  /** Something came, or what was pulled is over. */
  readonly onNews: () => void
  /** Takes back what came and was read by nobody. */
  readonly giveBack: (messages: readonly NatsMessage[]) => Promise<void>
}

export interface Arrival {
  readonly message: NatsMessage
  /** By the monotonic clock. */
  readonly at: number
}

interface Pull {
  readonly token: string
  /** Does it wait at the server until something comes? */
  readonly standing: boolean
  /** What may still come of it. */
  left: number
}

/** A subscription, and the pulls that are served on it. */
interface Line {
  readonly driver: NatsDriver
  readonly inbox: string
  readonly subscription: NatsSubscription
  /** With the server, which serves them in this order. */
  pulls: Pull[]
  heardAt: number
  /** The consumer was deleted, or has no leader. */
  gone: boolean
  error: unknown
  over: boolean
}

/**
 * Pulls as much as is asked for, never more: a pull waits at the server, and what it brings stands in a buffer. A second one goes
 * after it before the first is served, so that the server has something to do while its answer is worked on. Readers that
 * poll are answered from here while a pull waits: then the server has nothing.
 */
export class Puller {
  readonly #options: PullerOptions
  readonly #next: string
  readonly #unlisten: () => void
  readonly #buffer: Arrival[] = []
  /** When the first of what came since the last `take` did: for a moment, all the others came then, too. */
  #arrivedAt: number | undefined
  #line: Line | undefined
  #pulls = 0
  #silences = 0
  #linger: Timer | undefined

  constructor(options: PullerOptions) {
    const { client, stream, consumer } = options
    this.#options = options
    this.#next = `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`
    this.#unlisten = client.link.listen({
      onDown: () => this.#end()?.unsubscribe(),
      onError: (error) => this.#onDenied(error),
    })
  }

  /** Does a pull wait at the server? Then asking again would tell nothing new. */
  get waiting(): boolean {
    return this.#line?.pulls[0]?.standing === true
  }

  /** Ms in which more may still come of a pull that was just sent or served; 0: what it has not brought is not there. */
  get arrivingMs(): number {
    if (!this.waiting) return 0
    return Math.max(0, this.#line!.heardAt + ARRIVING_MS - systemRuntime.monotonic())
  }

  get hasNews(): boolean {
    return this.#buffer.length > 0 || this.#line === undefined || this.#line.pulls.length === 0
  }

  /** Was the consumer deleted? Make it again, and pull again. */
  get gone(): boolean {
    return this.#line?.gone === true
  }

  get error(): unknown {
    return this.#line?.error
  }

  take(max: number): readonly Arrival[] {
    this.#arrivedAt = undefined
    return this.#buffer.splice(0, max)
  }

  /** Up to `max` are asked for, with those that are on their way. */
  want(driver: NatsDriver, max: number): void {
    this.#ask(this.#lineOn(driver), max)
  }

  /** The same, but only after a pull that waits already. */
  more(max: number): void {
    if (this.waiting) this.#ask(this.#line!, max)
  }

  #ask(line: Line, max: number): void {
    const batch = max - this.#buffer.length - line.pulls.reduce((sum, { left }) => sum + left, 0)
    // A second pull for a few is not worth what it costs.
    if (line.pulls.length >= MOST_PULLS || batch < (line.pulls.length === 0 ? 1 : max / LEAST_SHARE)) return
    this.#pull(line, {
      batch,
      expires: EXPIRES_MS * NANOS_PER_MS,
      idle_heartbeat: HEARTBEAT_MS * NANOS_PER_MS,
    })
  }

  /** What is there now, up to `max`; ends with news either way. */
  look(driver: NatsDriver, max: number): void {
    const line = this.#lineOn(driver)
    if (line.pulls.length === 0) this.#pull(line, { batch: max, no_wait: true })
  }

  /** Ends pulls that the server knows nothing of any more. */
  check(): void {
    const line = this.#line
    if (
      line === undefined ||
      line.pulls.length === 0 ||
      systemRuntime.monotonic() - line.heardAt < SILENCE_MS
    )
      return
    this.#silences += 1
    line.pulls = []
    if (this.#silences < SILENCES) return
    this.#silences = 0
    this.#options.client.link.cut()
  }

  /** Somebody waits: until `rest`, everything stays. */
  stay(): void {
    this.#linger?.cancel()
    this.#linger = undefined
  }

  /** From now on, a moment without `stay` or `rest` ends the pull and gives back what is here. */
  rest(): void {
    this.stay()
    if (this.#line === undefined && this.#buffer.length === 0) return
    const armedAt = systemRuntime.monotonic()
    this.#linger = systemRuntime.setTimer(
      () => {
        // The process was busy: nobody had a chance to ask.
        if (systemRuntime.monotonic() - armedAt > 2 * LINGER_MS) this.rest()
        else void this.stop()
      },
      LINGER_MS,
      true,
    )
  }

  /** Ends the pull, and gives back what nobody has taken, also what is still on its way. */
  async stop(): Promise<void> {
    this.stay()
    const subscription = this.#end()
    const unread = this.#buffer.splice(0).map(({ message }) => message)
    await Promise.all([
      unread.length > 0 ? this.#options.giveBack(unread) : undefined,
      // Where the connection has ended, so has the pull.
      subscription?.drain().catch(() => undefined),
    ])
  }

  async close(): Promise<void> {
    this.#unlisten()
    await this.stop()
  }

  #lineOn(driver: NatsDriver): Line {
    const known = this.#line
    if (known?.driver === driver && !known.gone && known.error === undefined) return known
    this.#end()
      ?.drain()
      .catch(() => undefined)
    const { inboxPrefix } = (driver as { options?: { inboxPrefix?: string } }).options ?? {}
    const inbox = createInbox(inboxPrefix)
    const subscription = driver.subscribe(`${inbox}.*`, {
      callback: (error, message) => this.#onMessage(line, error, message),
    })
    const line: Line = {
      driver,
      inbox,
      subscription,
      pulls: [],
      heardAt: systemRuntime.monotonic(),
      gone: false,
      error: undefined,
      over: false,
    }
    this.#line = line
    return line
  }

  #pull(line: Line, request: { readonly batch: number } & Readonly<Record<string, unknown>>): void {
    this.#pulls += 1
    const token = this.#pulls.toString(36)
    line.pulls.push({ token, standing: request['no_wait'] !== true, left: request.batch })
    line.heardAt = systemRuntime.monotonic()
    line.driver.publish(this.#next, JSON.stringify(request), { reply: `${line.inbox}.${token}` })
  }

  #onMessage(line: Line, error: Error | null, message: NatsMessage): void {
    if (error !== null) line.error = error
    else if (line.over) {
      if (isMessage(message)) void this.#options.giveBack([message])
      return
    } else if (isMessage(message)) this.#onArrival(line, message)
    else this.#onNote(line, message)
    this.#options.onNews()
  }

  #onArrival(line: Line, message: NatsMessage): void {
    this.#silences = 0
    this.#arrivedAt ??= systemRuntime.monotonic()
    line.heardAt = this.#arrivedAt
    const [pull] = line.pulls
    // A message carries the subject it was sent to, so it is their order that tells which pull it came of.
    if (pull !== undefined) pull.left -= 1
    // The server does not tell where a look ends that found less than it was to take.
    if (pull !== undefined && (pull.left <= 0 || !pull.standing)) line.pulls.shift()
    this.#buffer.push({ message, at: line.heardAt })
  }

  #onNote(line: Line, { subject, headers }: NatsMessage): void {
    line.heardAt = systemRuntime.monotonic()
    const code = headers?.code ?? 0
    const token = subject.slice(line.inbox.length + 1)
    if (code === HEARTBEAT || !line.pulls.some((pull) => pull.token === token)) return
    line.pulls = line.pulls.filter((pull) => pull.token !== token)
    if (code === NO_RESPONDERS || /deleted/i.test(headers?.description ?? '')) line.gone = true
  }

  #onDenied(error: unknown): void {
    if ((error as { subject?: string }).subject !== this.#next || this.#line === undefined) return
    this.#line.error = error
    this.#options.onNews()
  }

  #end(): NatsSubscription | undefined {
    const line = this.#line
    this.#line = undefined
    if (line === undefined) return undefined
    line.over = true
    this.#options.onNews()
    return line.subscription
  }
}
