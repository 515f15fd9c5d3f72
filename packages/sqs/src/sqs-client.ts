import { ListQueuesCommand } from '@aws-sdk/client-sqs'
import { QueueError, race, sleep, systemRuntime } from '@bananasjs/core/contract'
import type { ConnectionNotice } from '@bananasjs/core/contract'
import { connect, describeServer } from './sqs-connect.ts'
import type { SqsDriver } from './sqs-driver.ts'
import { lostError, sqsError, wasNeverSent } from './sqs-errors.ts'
import type { Settings } from './sqs-options.ts'

export interface CallOptions {
  /** May the call be done twice? If not, it is tried again only when nothing of it can have been done. */
  readonly repeatable?: boolean | undefined
  /** How long the server waits on purpose. */
  readonly waitsMs?: number | undefined
  /** Ends the time between tries; what was sent cannot be called back. */
  readonly signal?: AbortSignal | undefined
}

/** The part of a command's input that says what it is about. */
interface QueueInput {
  readonly QueueUrl?: string
  readonly QueueName?: string
}

const FIRST_WAIT_MS = 50
const LONGEST_WAIT_MS = 2000

/** Calls with a deadline, tried again within bounds: every call costs money, so nothing is repeated without end. */
export class SqsClient {
  readonly settings: Settings
  readonly where: string
  readonly driver: SqsDriver
  readonly #listeners = new Set<(notice: ConnectionNotice) => void>()
  #trouble: 'disconnected' | 'blocked' | undefined
  /** Times the connection was lost since something that may be done once only came through. */
  #losses = 0
  /** The one that goes ahead after a loss. */
  #scout: Promise<void> | undefined
  #closed = false

  constructor(settings: Settings) {
    this.settings = settings
    this.where = settings.given === undefined ? describeServer(settings.connection) : 'the handed-in client'
    this.driver = settings.given ?? connect(settings.connection)
  }

  onNotice(listener: (notice: ConnectionNotice) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /**
   * Sends one command of the SDK. What may be done once only goes one by one after a loss, until one came through: a
   * network that breaks under messages would else break all of them each time.
   * @throws QueueError
   */
  async call<T>(command: object, options: CallOptions = {}): Promise<T> {
    if (options.repeatable === true) return this.#persist<T>(command, options)
    const until = systemRuntime.monotonic() + this.settings.recoveryMs
    while (this.#scout !== undefined) {
      if (systemRuntime.monotonic() >= until)
        throw lostError(this.where, new Error(`nothing came through for ${this.settings.recoveryMs} ms`))
      await race(this.#scout, options.signal)
    }
    if (this.#losses === 0) return this.#persist<T>(command, options)
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#scout = promise
    try {
      await this.#reachable(options.signal)
      return await this.#persist<T>(command, options)
    } finally {
      this.#scout = undefined
      resolve()
    }
  }

  /** Tries again within bounds. */
  async #persist<T>(command: object, options: CallOptions): Promise<T> {
    const until = systemRuntime.monotonic() + this.settings.recoveryMs
    const place = this.#placeOf(command)
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
      try {
        const reply = await this.#once(command, place, this.settings.commandMs + (options.waitsMs ?? 0))
        this.#note(undefined)
        if (options.repeatable !== true) this.#losses = 0
        return reply as T
      } catch (cause) {
        const error = sqsError(cause, place)
        this.#note(error)
        const late = systemRuntime.monotonic() + waitMs > until
        if (this.#closed || late || !mayRepeat(error, options.repeatable)) throw error
      }
      await this.pause(waitMs, options.signal)
    }
  }

  /** With jitter, so that those who were throttled together do not come back together. */
  pause(waitMs: number, signal?: AbortSignal): Promise<void> {
    return sleep(systemRuntime, waitMs * (0.5 + systemRuntime.random() / 2), signal)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    if (this.settings.given === undefined) this.driver.destroy()
  }

  /**
   * What may be done once only waits until the server answers again: sent into a broken connection, nobody could say what
   * became of it.
   */
  async #reachable(signal?: AbortSignal): Promise<void> {
    if (this.#trouble === 'disconnected') await race(this.#probe(), signal)
  }

  /** One that answers small questions and breaks under messages is asked ever more slowly. */
  async #probe(): Promise<void> {
    if (this.#losses > 1) await this.pause(Math.min(FIRST_WAIT_MS * 2 ** this.#losses, LONGEST_WAIT_MS))
    try {
      await this.call(new ListQueuesCommand({ MaxResults: 1 }), { repeatable: true })
    } catch (error) {
      if (QueueError.is(error, 'CONNECTION_LOST')) throw error // any other is an answer
    }
  }

  /** The server, and the queue where a call is about one: a permission may be missing on that one alone. */
  #placeOf(command: object): string {
    const { QueueUrl, QueueName } = (command as { readonly input?: QueueInput }).input ?? {}
    const queue = QueueName ?? QueueUrl?.slice(QueueUrl.lastIndexOf('/') + 1)
    return queue === undefined ? this.where : `${this.where}, queue ${queue},`
  }

  #once(command: object, place: string, deadlineMs: number): Promise<unknown> {
    const deadline = new AbortController()
    return new Promise((resolve, reject) => {
      const timer = systemRuntime.setTimer(() => {
        reject(lostError(place, new Error(`no answer for ${deadlineMs} ms`)))
        deadline.abort()
      }, deadlineMs)
      void (this.driver.send(command, { abortSignal: deadline.signal }) as Promise<unknown>)
        .then(resolve, reject)
        .finally(() => timer.cancel())
    })
  }

  #note(error: QueueError | undefined): void {
    const trouble = troubleOf(error)
    if (trouble === this.#trouble) return
    const kind = trouble ?? (this.#trouble === 'blocked' ? 'unblocked' : 'connected')
    this.#trouble = trouble
    if (trouble === 'disconnected') this.#losses += 1
    const detail = error?.message ?? `sqs: ${this.where} answers again.`
    for (const listener of this.#listeners) listener({ kind, detail })
  }
}

/** A refusal is an answer: the connection is fine. */
function troubleOf(error: QueueError | undefined): 'disconnected' | 'blocked' | undefined {
  if (error?.code === 'CONNECTION_LOST') return 'disconnected'
  return error?.code === 'RATE_LIMITED' ? 'blocked' : undefined
}

function mayRepeat(error: QueueError, repeatable = false): boolean {
  if (error.code === 'RATE_LIMITED') return true
  return error.code === 'CONNECTION_LOST' && (repeatable || wasNeverSent(error))
}
