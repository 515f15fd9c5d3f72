import { QueueError, systemRuntime } from '@bananasjs/core/contract'
import type { Failure, Message, Settlement } from '@bananasjs/core/contract'
import type { NatsClient } from './nats-client.ts'
import { NANOS_PER_MS } from './nats-api.ts'
import { natsError } from './nats-errors.ts'
import { decode } from './nats-message.ts'
import type { Stored, Token } from './nats-message.ts'
import type { QueueNames } from './nats-names.ts'
import { publishOnEach } from './nats-orders.ts'
import type { Letter, Sender } from './nats-sender.ts'
import { readStored } from './nats-stored.ts'

/** A delivery that is to be settled: by its own consumer, or by another one that knows its receipt. */
export interface Held {
  readonly receipt: string
  readonly token: Token
  readonly stored: Stored
  /** When it came, by the monotonic clock. */
  readonly at: number
  /** Was the server told how long this delivery's lease is, or need it not be? */
  named: boolean
}

/** What a consumer knows of receipts: all that may be its queue's, and those it was given itself. */
interface Known {
  readonly readToken: (receipt: string) => Token | undefined
  readonly held: Pick<ReadonlyMap<string, Held>, 'get'>
}

/** Which are settled, and which failed. */
interface Settled {
  readonly done: readonly string[]
  readonly failures: readonly Failure[]
}

/** What may become of a delivery beside an acknowledgement. */
type Move = Exclude<Settlement, { readonly as: 'ack' }>

const ACK = '+ACK'

/** The end of deliveries: what is to come again is stored as a new message first, then the old one is acknowledged. */
export class Settler {
  readonly #client: NatsClient
  readonly #sender: Sender
  readonly #queue: string
  readonly #names: QueueNames

  constructor(client: NatsClient, sender: Sender, queue: string) {
    this.#client = client
    this.#sender = sender
    this.#queue = queue
    this.#names = client.names.queue(queue)
  }

  /**
   * Decides the fate of each.
   * @throws QueueError
   */
  async settle(settlements: readonly Settlement[], known: Known): Promise<Settled> {
    const { done, moving, strange, lost } = sorted(settlements, known)
    // Nothing is waited for without need: so acknowledgements leave together with a pull that was sent just before.
    for (const { index, token, move } of strange) {
      const held = await this.#find(move.receipt, token)
      if (held === undefined) lost.push(index)
      else moving.push({ index, held, move })
    }
    const failures: Failure[] = lost.map((index) => {
      return { index, error: leaseLost(settlements[index]!.receipt, this.#queue) }
    })
    if (moving.length > 0) {
      const outcomes = await this.#move(
        moving.map(({ held }) => held),
        moving.map(({ move }) => move),
      )
      for (const [at, error] of outcomes.entries()) {
        const { index, held } = moving[at]!
        if (error === undefined) done.push(held.receipt)
        else failures.push({ index, error })
      }
    }
    await this.acknowledge(done)
    return { done, failures: failures.toSorted((a, b) => a.index - b.index) }
  }

  /** Resolves when the server has dealt with all of them: it answers the last. @throws QueueError */
  async acknowledge(receipts: readonly string[]): Promise<void> {
    await this.#tell(receipts, ACK)
  }

  /**
   * The server hands a message over again this long after it is told so, unless it is acknowledged before: that is a
   * lease, of any length and for each delivery on its own.
   */
  async lease(receipts: readonly string[], leaseMs: number): Promise<void> {
    await this.#tell(receipts, leaseOrder(leaseMs))
  }

  /** The same, without waiting for an answer. */
  leaseSoon(receipt: string, leaseMs: number): void {
    this.#client.link.connection?.publish(receipt, leaseOrder(leaseMs))
  }

  /** @returns what became of each: `undefined` for stored elsewhere, and to be acknowledged here */
  async #move(held: readonly Held[], moves: readonly Move[]): Promise<readonly (QueueError | undefined)[]> {
    if (held.length === 0) return []
    const letters = held.map((one, index) => this.#letter(one, moves[index]!))
    const refusals = letters.map((letter, index) =>
      this.#sender.refusalOf(letter, held[index]!.stored.message.id),
    )
    await this.#prepare(moves)
    const open = letters.filter((_, index) => refusals[index] === undefined)
    const sent = [...(await this.#sender.send(this.#queue, open))]
    return refusals.map((refusal) => refusal ?? sent.shift())
  }

  /** Came here, and was read by nobody: back, with the count it had. Never rejects. */
  async giveBack(held: readonly Held[]): Promise<void> {
    try {
      const outcomes = await this.#move(
        held,
        held.map(({ receipt }) => ({ receipt, as: 'release' })),
      )
      const back = held.filter((_, index) => outcomes[index] === undefined)
      await this.acknowledge(back.map(({ receipt }) => receipt))
    } catch {
      // What is not given back comes back when its lease ends.
    }
  }

  /** What nobody can read is set aside with the reason, so that it neither blocks the queue nor is lost. Never rejects. */
  async bury(receipt: string, data: Uint8Array, error: QueueError): Promise<void> {
    try {
      await this.#client.streams.ensure('dead')
      const message = { id: receipt, headers: {}, body: Uint8Array.from(data), priority: 50, delayMs: 0 }
      const letter = this.#sender.letter(this.#names.dead, message, { reason: error.message })
      const [failure] = await this.#sender.send(this.#queue, [letter])
      if (failure === undefined) await this.acknowledge([receipt])
    } catch {
      // It comes again.
    }
  }

  /** The message behind a receipt that another consumer was given. */
  async #find(receipt: string, token: Token): Promise<Held | undefined> {
    const { api, names, where } = this.#client
    const found = await readStored(api, names.queues, { seq: token.seq }).catch((error: unknown) => {
      throw natsError(error, where)
    })
    if (found === undefined) return undefined
    const stored = decode(Buffer.from(found.data ?? '', 'base64'))
    return stored instanceof QueueError
      ? undefined
      : { receipt, token, stored, at: systemRuntime.monotonic(), named: true }
  }

  #letter({ stored, token }: Held, move: Move): Letter {
    const { message, deliveries: earlier } = stored
    if (move.as === 'release')
      return this.#sender.letter(this.#names.ready, message, { deliveries: earlier + token.handOvers - 1 })
    const deliveries = earlier + token.handOvers
    if (move.as === 'retry') {
      const { headers, delayMs } = move
      const subject = delayMs > 0 ? this.#names.delayed : this.#names.ready
      return this.#sender.letter(subject, { ...message, headers }, { deliveries, delayMs })
    }
    const dead: Message = { ...message, headers: move.headers ?? message.headers }
    return this.#sender.letter(this.#names.dead, dead, { deliveries, reason: move.reason })
  }

  async #prepare(moves: readonly Move[]): Promise<void> {
    const { streams } = this.#client
    if (moves.some(({ as }) => as === 'deadLetter')) await streams.ensure('dead')
    if (moves.some((move) => move.as === 'retry' && move.delayMs > 0))
      await streams.ensureConsumer(this.#queue, 'delayed')
  }

  /** One answer for all: the server takes them in their order. Sent again as a whole, for each may be told twice. */
  async #tell(receipts: readonly string[], order: string): Promise<void> {
    const last = receipts.at(-1)
    if (last === undefined) return
    const { link, api, asker } = this.#client
    await api.persist(async () => {
      const driver = link.connection ?? (await link.open())
      publishOnEach(driver, receipts.slice(0, -1), order)
      await asker.askOn(driver, last, order)
    })
  }
}

/** By what is to be done: acknowledge, move, or first look at the server for what it is. */
interface Sorted {
  readonly done: string[]
  readonly moving: { readonly index: number; readonly held: Held; readonly move: Move }[]
  readonly strange: { readonly index: number; readonly token: Token; readonly move: Move }[]
  /** Of no queue of ours. */
  readonly lost: number[]
}

function sorted(settlements: readonly Settlement[], { readToken, held }: Known): Sorted {
  const all: Sorted = { done: [], moving: [], strange: [], lost: [] }
  for (let index = 0; index < settlements.length; index += 1) {
    const move = settlements[index]!
    const known = held.get(move.receipt)
    const token = known?.token ?? readToken(move.receipt)
    if (token === undefined) all.lost.push(index)
    else if (move.as === 'ack') all.done.push(move.receipt)
    else if (known === undefined) all.strange.push({ index, token, move })
    else all.moving.push({ index, held: known, move })
  }
  return all
}

function leaseOrder(leaseMs: number): string {
  return `-NAK {"delay":${Math.max(1, Math.round(leaseMs * NANOS_PER_MS))}}`
}

export function leaseLost(receipt: string, queue: string): QueueError {
  return new QueueError(
    'LEASE_LOST',
    `nats: the delivery ${receipt.slice(0, 100)} of queue "${queue}" is not one that could be settled; nothing was changed.`,
  )
}
