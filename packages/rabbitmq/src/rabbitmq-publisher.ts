import { QueueError, systemRuntime } from '@bananasjs/core/contract'
import type { AmqpConfirmChannel, AmqpConnection, AmqpMessage } from './rabbitmq-driver.ts'
import { blockedError, lostError } from './rabbitmq-errors.ts'
import type { RabbitmqLink } from './rabbitmq-link.ts'
import type { Outgoing } from './rabbitmq-message.ts'

/** Where a message goes: an exchange, '' for straight into the queue, and the key. */
export interface Target {
  readonly exchange: string
  readonly key: string
}

export interface Letter extends Outgoing {
  readonly target: Target
}

/** Of a letter that nobody has heard of yet. */
const OPEN = Symbol('open')

interface Line {
  readonly connection: AmqpConnection
  readonly channel: AmqpConfirmChannel
  /** How many letters the server sent back because no queue takes them, by what is known of each. */
  readonly unroutable: Map<string, number>
  /** Why the channel ended. */
  ended: unknown
}

export interface PublisherOptions {
  readonly commandMs: number
  readonly recoveryMs: number
  /** A queue that was declared is there no longer. */
  readonly onUnroutable: () => void
}

/**
 * Sends with confirms, on one channel. Each letter resolves when the server has it as safely as its queue promises.
 * Nothing is sent twice: after a lost connection it is unknown what was stored.
 */
export class Publisher {
  readonly #link: RabbitmqLink
  readonly #commandMs: number
  readonly #recoveryMs: number
  readonly #onUnroutable: () => void
  #line: Promise<Line> | undefined

  constructor(link: RabbitmqLink, options: PublisherOptions) {
    this.#link = link
    this.#commandMs = options.commandMs
    this.#recoveryMs = options.recoveryMs
    this.#onUnroutable = options.onUnroutable
  }

  /** The channel, for declaring what letters need. @throws QueueError */
  async channel(signal?: AbortSignal): Promise<AmqpConfirmChannel> {
    return (await this.#ready(signal)).channel
  }

  /**
   * @returns what became of each letter: `undefined` for stored
   * @throws QueueError RATE_LIMITED while the server blocks publishers: then nothing was sent
   */
  async send(letters: readonly Letter[], signal?: AbortSignal): Promise<readonly (QueueError | undefined)[]> {
    const line = await this.#ready(signal)
    await this.#unblocked(signal)
    return this.#link.answer(this.#sendAll(line, letters), 'a publish', this.#commandMs)
  }

  /** One promise for all: of very many small letters, a promise each would be much of the work. */
  #sendAll(line: Line, letters: readonly Letter[]): Promise<readonly (QueueError | undefined)[]> {
    const outcomes = Array.from<QueueError | typeof OPEN | undefined>({ length: letters.length }).fill(OPEN)
    let open = letters.length
    return new Promise((resolve) => {
      if (open === 0) resolve([])
      for (const [at, letter] of letters.entries()) {
        this.#sendOne(line, letter, (outcome) => {
          // Told twice of one letter, another one must not count as stored.
          if (outcomes[at] !== OPEN) return
          outcomes[at] = outcome
          open -= 1
          if (open === 0) resolve(outcomes as readonly (QueueError | undefined)[])
        })
      }
    })
  }

  #sendOne(line: Line, { content, properties, target }: Letter, end: (outcome?: QueueError) => void): void {
    const done = (error: unknown): void => {
      if (line.unroutable.size > 0 && cameBack(line, markOf(target.key, properties)))
        end(this.#unroutable(target))
      else if (error === null || error === undefined) end()
      else end(this.#refused(line, error))
    }
    try {
      line.channel.publish(target.exchange, target.key, content, properties, done)
    } catch (error) {
      end(this.#refused(line, error))
    }
  }

  /** What a channel says when it ends is that it ended; why stands in its error. */
  #refused(line: Line, error: unknown): QueueError {
    const said = line.ended ?? error
    const known = this.#link.explain(said)
    // A negative confirm: the queue is full or its leader is away. It was not stored.
    if (known.code === 'INVALID' && line.ended === undefined) {
      return new QueueError('CONNECTION_LOST', `rabbitmq: ${this.#link.where} did not take the message.`, {
        cause: error,
      })
    }
    return known
  }

  #unroutable({ key }: Target): QueueError {
    this.#onUnroutable()
    return new QueueError(
      'CONNECTION_LOST',
      `rabbitmq: no queue takes "${key}" any more: it was deleted meanwhile. It is declared again; try again.`,
    )
  }

  async #ready(signal?: AbortSignal): Promise<Line> {
    const connection = await this.#link.open(signal)
    const line = await this.#line?.catch(() => undefined)
    if (line !== undefined && line.connection === connection && line.ended === undefined) return line
    this.#line = this.#open(connection)
    return this.#line
  }

  async #open(connection: AmqpConnection): Promise<Line> {
    const channel = await this.#link.answer(connection.createConfirmChannel(), 'a channel')
    const line: Line = { connection, channel, unroutable: new Map(), ended: undefined }
    channel.on('error', (error: unknown) => (line.ended = error))
    channel.on('close', () => (line.ended ??= lostError(this.#link.where, undefined)))
    channel.on('return', ({ fields, properties }: AmqpMessage) => {
      const mark = markOf(fields.routingKey, properties)
      line.unroutable.set(mark, (line.unroutable.get(mark) ?? 0) + 1)
    })
    return line
  }

  /** Waits while an alarm holds up publishers. */
  async #unblocked(signal?: AbortSignal): Promise<void> {
    const reason = this.#link.blocked
    if (reason === undefined) return
    const deadline = systemRuntime.monotonic() + this.#recoveryMs
    await new Promise<void>((resolve, reject) => {
      const leave = (): void => {
        stop()
        timer.cancel()
        signal?.removeEventListener('abort', abort)
      }
      const abort = (): void => {
        leave()
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- an abort rejects with the caller's own reason
        reject(signal?.reason)
      }
      const timer = systemRuntime.setTimer(() => {
        leave()
        reject(blockedError(this.#link.where, this.#recoveryMs, reason))
      }, deadline - systemRuntime.monotonic())
      const stop = this.#link.onNotice(({ kind }) => {
        if (kind === 'blocked' || kind === 'connected') return
        leave()
        resolve()
      })
      signal?.addEventListener('abort', abort, { once: true })
    })
  }
}

/**
 * What a returned letter is known by. Two may have the same: then they went the same way and come back alike, each before
 * its confirm, so that it is enough to count them.
 */
function markOf(key: string | undefined, { messageId, headers }: AmqpMessage['properties']): string {
  return `${key} ${typeof messageId === 'string' ? messageId : JSON.stringify(headers)}`
}

function cameBack({ unroutable }: Line, mark: string): boolean {
  const count = unroutable.get(mark) ?? 0
  if (count > 1) unroutable.set(mark, count - 1)
  else unroutable.delete(mark)
  return count > 0
}
