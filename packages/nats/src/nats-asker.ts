import { systemRuntime, TurnoverMap } from '@bananasjs/core/contract'
import type { Timer } from '@bananasjs/core/contract'
import { createInbox } from '@nats-io/transport-node'
import type { NatsDriver, NatsMessage } from './nats-driver.ts'
import { lostError } from './nats-errors.ts'
import type { NatsLink } from './nats-link.ts'

export type Answered = (error: unknown, message: NatsMessage | undefined) => void

interface Question {
  readonly subject: string
  readonly done: Answered
  readonly deadline: number
}

/** Nobody takes this subject: no stream, no leader, or no JetStream. */
export class NobodyError extends Error {
  override readonly name = 'NobodyError'

  constructor(subject: string) {
    super(`nobody answers on ${subject}: no JetStream, no such stream, or a stream without a leader`)
  }
}

/**
 * Asks, and waits for answers on one inbox. Leaner than the driver's own requests, which make a timer and two promises
 * for each: a batch of a thousand is a thousand entries in a map here.
 */
export class Asker {
  readonly #link: NatsLink
  readonly #commandMs: number
  readonly #open = new TurnoverMap<string, Question>()
  #driver: NatsDriver | undefined
  #inbox = ''
  #count = 0
  #timer: Timer | undefined

  constructor(link: NatsLink, commandMs: number) {
    this.#link = link
    this.#commandMs = commandMs
    link.listen({
      onDown: (error) => this.#fail(() => error),
      onError: (error) => this.#deny(error),
    })
  }

  /** `done` is called once: with the answer, or with why there is none. @throws what the driver throws for what it cannot send */
  send(driver: NatsDriver, subject: string, { data, headers, done }: Asked): void {
    if (this.#driver !== driver) this.#attach(driver)
    this.#count += 1
    const token = this.#count.toString(36)
    driver.publish(subject, data, {
      reply: `${this.#inbox}.${token}`,
      ...(headers !== undefined && { headers }),
    })
    this.#open.set(token, { subject, done, deadline: systemRuntime.monotonic() + this.#commandMs })
    this.#timer ??= systemRuntime.setTimer(() => this.#sweep(), this.#commandMs / 4)
  }

  /** @throws the driver's errors, NobodyError and QueueError CONNECTION_LOST */
  async ask(subject: string, data: Uint8Array | string = '', signal?: AbortSignal): Promise<NatsMessage> {
    return this.askOn(await this.#link.open(signal), subject, data)
  }

  /** The same on a connection that is there: sent before this returns, so that it leaves together with what was sent just before. */
  askOn(driver: NatsDriver, subject: string, data: Uint8Array | string = ''): Promise<NatsMessage> {
    return new Promise((resolve, reject) => {
      this.send(driver, subject, {
        data,
        done: (error, message) => {
          if (message === undefined) reject(error instanceof Error ? error : new Error(String(error)))
          else resolve(message)
        },
      })
    })
  }

  #attach(driver: NatsDriver): void {
    const { inboxPrefix } = (driver as { options?: { inboxPrefix?: string } }).options ?? {}
    this.#driver = driver
    this.#inbox = createInbox(inboxPrefix)
    driver.subscribe(`${this.#inbox}.*`, { callback: (error, message) => this.#onAnswer(error, message) })
  }

  #onAnswer(error: Error | null, message: NatsMessage): void {
    if (error !== null) return this.#fail(() => error)
    const token = message.subject.slice(this.#inbox.length + 1)
    const question = this.#open.get(token)
    if (question === undefined) return
    this.#open.delete(token)
    if (message.data.length === 0 && message.headers?.code === 503)
      question.done(new NobodyError(question.subject), undefined)
    else question.done(undefined, message)
  }

  #sweep(): void {
    this.#timer = undefined
    const now = systemRuntime.monotonic()
    this.#end(
      ({ deadline }) => deadline <= now,
      ({ subject }) =>
        lostError(this.#link.where, new Error(`no answer on ${subject} for ${this.#commandMs} ms`)),
    )
    if (this.#open.size > 0) this.#timer ??= systemRuntime.setTimer(() => this.#sweep(), this.#commandMs / 4)
  }

  #fail(errorOf: (question: Question) => unknown): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#end(() => true, errorOf)
  }

  /** The server does not answer what it forbids; it says so to the whole connection. */
  #deny(error: unknown): void {
    const { subject } = error as { subject?: string }
    this.#end(
      (question) => question.subject === subject,
      () => error,
    )
  }

  /** All are taken out before the first is told: who is told may ask again. */
  #end(which: (question: Question) => boolean, errorOf: (question: Question) => unknown): void {
    const ended = [...this.#open.entries()].filter(([, question]) => which(question))
    for (const [token] of ended) this.#open.delete(token)
    for (const [, question] of ended) question.done(errorOf(question), undefined)
  }
}

export interface Asked {
  readonly data: Uint8Array | string
  readonly headers?: unknown
  readonly done: Answered
}
