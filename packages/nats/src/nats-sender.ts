import { backoffMs, QueueError, sleep, systemRuntime } from '@bananasjs/core/contract'
import type { Message } from '@bananasjs/core/contract'
import { headers as natsHeaders } from '@nats-io/transport-node'
import { isPassing } from './nats-api.ts'
import { NobodyError } from './nats-asker.ts'
import type { NatsClient } from './nats-client.ts'
import type { NatsDriver } from './nats-driver.ts'
import { lostError, natsError, RefusedError } from './nats-errors.ts'
import type { ApiError } from './nats-errors.ts'
import { encode } from './nats-message.ts'
import type { Facts } from './nats-message.ts'
import { maxBytes } from './nats-supports.ts'

/** What is to be stored, and where. */
export interface Letter {
  readonly subject: string
  readonly data: Buffer
  /** The server stores each of these once within its window: so a publish whose answer got lost is sent again. */
  readonly mark: string
}

/** `{"error":…` in place of `{"stream":…`: the letter that tells them apart. */
const ERROR_AT = 2
const ERROR_LETTER = 0x65

/** Stores messages: in a queue, in its delays, among its dead letters. */
export class Sender {
  readonly #client: NatsClient
  readonly #own = systemRuntime.id().slice(-12)
  #count = 0

  constructor(client: NatsClient) {
    this.#client = client
  }

  letter(subject: string, message: Message, facts: Facts = {}): Letter {
    this.#count += 1
    return { subject, data: encode(message, facts), mark: `${this.#own}.${this.#count.toString(36)}` }
  }

  /** @returns why this server cannot take it, if so */
  refusalOf({ data }: Letter, id: string): QueueError | undefined {
    const most = maxBytes(this.#client.link.connection?.info?.max_payload ?? Infinity)
    if (data.length <= most) return undefined
    return new QueueError(
      'TOO_LARGE',
      `Message ${id.slice(0, 60)} has ${data.length} bytes with its headers, this nats takes ${most}. Store the payload elsewhere and send a reference.`,
    )
  }

  /**
   * Resolves when each is stored or refused; what got no answer is sent again for as long as a call waits for a recovery.
   * @param queue whose letters they are
   * @returns what became of each: `undefined` for stored
   */
  async send(
    queue: string,
    letters: readonly Letter[],
    signal?: AbortSignal,
  ): Promise<readonly (QueueError | undefined)[]> {
    const { settings, link, where } = this.#client
    const outcomes: unknown[] = Array.from({ length: letters.length })
    const deadline = systemRuntime.monotonic() + settings.recoveryMs
    let open = [...letters.keys()]
    for (let attempt = 0; ; attempt += 1) {
      try {
        await this.#round(await link.open(signal), { letters, open, outcomes })
      } catch (error) {
        signal?.throwIfAborted()
        for (const index of open) outcomes[index] = error
        break
      }
      open = open.filter((index) => outcomes[index] !== undefined && isPassing(outcomes[index], where))
      if (open.length === 0 || systemRuntime.monotonic() >= deadline) break
      if (open.some((index) => outcomes[index] instanceof NobodyError)) this.#client.streams.forget()
      await this.#restore(queue, letters)
      await sleep(systemRuntime, backoffMs(systemRuntime, attempt), signal)
    }
    return outcomes.map((outcome) => (outcome === undefined ? undefined : told(outcome, where)))
  }

  #round(driver: NatsDriver, { letters, open, outcomes }: Round): Promise<void> {
    return new Promise((resolve) => {
      let left = open.length
      const ended = (index: number, outcome: unknown): void => {
        outcomes[index] = outcome
        left -= 1
        if (left === 0) resolve()
      }
      for (const index of open) {
        const { subject, data, mark } = letters[index]!
        const headers = natsHeaders()
        headers.set('Nats-Msg-Id', mark)
        try {
          this.#client.asker.send(driver, subject, {
            data,
            headers,
            done: (error, answer) => ended(index, answer === undefined ? error : refusalIn(answer.data)),
          })
        } catch (error) {
          ended(index, error)
        }
      }
      if (left === 0) resolve()
    })
  }

  /** The server may be another one by now, its streams deleted or shorter: never sent again without a look. */
  async #restore(queue: string, letters: readonly Letter[]): Promise<void> {
    const { streams, names } = this.#client
    const { ready, delayed, dead } = names.queue(queue)
    const subjects = new Set(letters.map(({ subject }) => subject))
    await Promise.all([
      subjects.has(ready) && streams.ensureConsumer(queue, 'ready'),
      subjects.has(delayed) && streams.ensureConsumer(queue, 'delayed'),
      subjects.has(dead) && streams.ensure('dead'),
    ]).catch(() => undefined) // the next round tells
  }
}

interface Round {
  readonly letters: readonly Letter[]
  readonly open: readonly number[]
  readonly outcomes: unknown[]
}

function refusalIn(data: Uint8Array): unknown {
  if (data[ERROR_AT] !== ERROR_LETTER) return undefined
  const { error } = JSON.parse(Buffer.from(data).toString()) as { readonly error?: ApiError }
  return error === undefined ? undefined : new RefusedError(error)
}

function told(error: unknown, where: string): QueueError {
  return error instanceof NobodyError ? lostError(where, error) : natsError(error, where)
}
