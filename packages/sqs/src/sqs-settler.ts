import { ChangeMessageVisibilityBatchCommand, DeleteMessageBatchCommand } from '@aws-sdk/client-sqs'
import { QueueError, systemRuntime } from '@bananasjs/core/contract'
import type { Failure, Message, Settlement } from '@bananasjs/core/contract'
import { cut, runBatches } from './sqs-batches.ts'
import type { BatchReply } from './sqs-batches.ts'
import type { SqsClient } from './sqs-client.ts'
import type { Envelope } from './sqs-envelope.ts'
import type { Held, HeldMessages } from './sqs-held.ts'
import { safeId, sha256 } from './sqs-names.ts'
import { pack } from './sqs-payload.ts'
import type { SqsQueue, SqsQueues } from './sqs-queues.ts'
import { send } from './sqs-sender.ts'
import type { Parcel } from './sqs-sender.ts'
import { delayError, fairGroup } from './sqs-supports.ts'

type Failures = Map<number, QueueError>
type Sent = Extract<Settlement, { readonly as: 'retry' | 'deadLetter' }>

export interface SettlerOptions {
  readonly client: SqsClient
  readonly queues: SqsQueues
  readonly queue: string
  readonly main: SqsQueue
  readonly held: HeldMessages
}

/** Decides fates. A retry or a dead letter is a new message first, and then a deleted one: rather twice than never. */
export class SqsSettler {
  readonly #options: SettlerOptions
  readonly #extending = new Set<Promise<unknown>>()

  constructor(options: SettlerOptions) {
    this.#options = options
  }

  /** @throws QueueError when SQS was away: what had been done by then is known, and the same call may be made again */
  async settle(settlements: readonly Settlement[]): Promise<readonly Failure[]> {
    const failures: Failures = new Map()
    const open = settlements
      .map((settlement, index) => ({ settlement, index }))
      .filter(({ settlement: { receipt } }) => !this.#options.held.isDone(receipt))
    await this.#replace(open, failures)
    const left = open.filter(({ index }) => !failures.has(index))
    const released = left.filter(({ settlement }) => settlement.as === 'release')
    const deleted = left.filter(({ settlement }) => settlement.as !== 'release')
    await Promise.all([
      this.#delete(deleted, failures),
      // An extension that arrives after the release would undo it.
      Promise.allSettled(this.#extending).then(() => this.hide(released.map(receiptOf), 0, failures)),
    ])
    for (const { index, settlement } of left) if (!failures.has(index)) this.#done(settlement)
    return answered(failures)
  }

  /** What was settled is left alone: a heartbeat on its way must not take back a release. */
  async extend(receipts: readonly string[], leaseMs: number): Promise<readonly Failure[]> {
    const { held, queue } = this.#options
    const failures: Failures = new Map()
    const entries = receipts.map((receipt, index) => ({ receipt, index }))
    for (const { receipt, index } of entries)
      if (held.isDone(receipt)) failures.set(index, leaseLost(receipt, queue))
    const open = entries.filter(({ receipt }) => !held.isDone(receipt))
    const work = this.hide(open, Math.ceil(leaseMs / 1000), failures)
    this.#extending.add(work)
    await work.finally(() => this.#extending.delete(work))
    for (const { receipt, index } of open) if (!failures.has(index)) held.extended(receipt, leaseMs)
    return answered(failures)
  }

  /** Nobody sees these messages for so long. */
  async hide(
    receipts: readonly { readonly receipt: string; readonly index: number }[],
    seconds: number,
    failures: Failures = new Map(),
  ): Promise<void> {
    const { client, main } = this.#options
    const entries = receipts.map(({ receipt, index }) => ({
      index,
      request: { ReceiptHandle: receipt, VisibilityTimeout: seconds },
    }))
    const failed = await runBatches(
      cut(entries).map((batch) => [batch]),
      {
        client,
        patient: true,
        call: (Entries) =>
          client.call<BatchReply>(new ChangeMessageVisibilityBatchCommand({ QueueUrl: main.url, Entries }), {
            repeatable: true,
          }),
      },
    )
    for (const [index, error] of failed) failures.set(index, error)
  }

  /** Puts a message back as it was, its hand-over uncounted: nobody has seen it. */
  async unreceive(receipt: string, { envelope, deliveries, messageId }: Held): Promise<void> {
    const { client, main, held } = this.#options
    const failures: Failures = new Map()
    const again = { ...envelope, deliveries: deliveries - 1 }
    const parcel = await this.#parcel(0, again, { delayMs: 0, dedupeId: copyId('r', messageId), queue: main })
    if (parcel instanceof QueueError) return this.hide([{ receipt, index: 0 }], 0)
    for (const [index, error] of await send(client, main, [parcel])) failures.set(index, error)
    if (failures.size === 0) await this.#delete([{ settlement: { receipt, as: 'ack' }, index: 0 }], failures)
    if (failures.size === 0) held.settled(receipt)
  }

  async #replace(open: readonly Open[], failures: Failures): Promise<void> {
    const retries: Open<Sent>[] = []
    const letters: Open<Sent>[] = []
    for (const one of open) {
      if (!isSent(one) || this.#options.held.get(one.settlement.receipt)?.replaced === true) continue
      const error = this.#refusal(one.settlement)
      if (error !== undefined) failures.set(one.index, error)
      else if (one.settlement.as === 'retry') retries.push(one)
      else letters.push(one)
    }
    const { main, queues, queue } = this.#options
    if (retries.length > 0) await this.#send(retries, main, failures)
    if (letters.length > 0) await this.#send(letters, await queues.dead(queue), failures)
  }

  async #send(open: readonly Open<Sent>[], target: SqsQueue, failures: Failures): Promise<void> {
    const { client, held } = this.#options
    const parcels: Parcel[] = []
    for (const { settlement, index } of open) {
      const { messageId, ...rest } = held.get(settlement.receipt)!
      const retry = settlement.as === 'retry'
      const parcel = await this.#parcel(index, successor(settlement, rest), {
        delayMs: retry ? settlement.delayMs : 0,
        dedupeId: copyId(retry ? 'r' : 'd', messageId),
        queue: target,
      })
      if (parcel instanceof QueueError) failures.set(index, parcel)
      else parcels.push(parcel)
    }
    const failed = await send(client, target, parcels)
    for (const { settlement, index } of open) {
      const error = failed.get(index)
      if (error !== undefined) failures.set(index, error)
      else if (!failures.has(index)) held.get(settlement.receipt)!.replaced = true
    }
  }

  async #parcel(
    index: number,
    envelope: Envelope,
    to: { readonly delayMs: number; readonly dedupeId: string; readonly queue: SqsQueue },
  ): Promise<Parcel | QueueError> {
    const { settings } = this.#options.client
    const packed = await pack(envelope, to.queue.maxBytes, settings.blobs)
    if (packed instanceof QueueError) return packed
    const group = fairGroup(envelope.message, settings)
    return { index, text: packed.text, delayMs: to.delayMs, group, dedupeId: to.dedupeId }
  }

  async #delete(open: readonly Open[], failures: Failures): Promise<void> {
    const { client, main } = this.#options
    const entries = open.map(({ settlement: { receipt }, index }) => ({
      index,
      request: { ReceiptHandle: receipt },
    }))
    const failed = await runBatches(
      cut(entries).map((batch) => [batch]),
      {
        client,
        patient: true,
        call: (Entries) =>
          client.call<BatchReply>(new DeleteMessageBatchCommand({ QueueUrl: main.url, Entries }), {
            repeatable: true,
          }),
      },
    )
    for (const [index, error] of failed) failures.set(index, error)
  }

  #done({ receipt, as }: Settlement): void {
    const { held, client } = this.#options
    const blob = as === 'ack' ? held.get(receipt)?.envelope.blob : undefined
    held.settled(receipt)
    // What is left behind costs space, not a task; rules of the store clear it away.
    if (blob !== undefined) client.settings.blobs?.delete(blob).catch(() => undefined)
  }

  #refusal(settlement: Sent): QueueError | undefined {
    const { held, queue, client } = this.#options
    if (held.get(settlement.receipt) === undefined) return leaseLost(settlement.receipt, queue)
    return settlement.as === 'retry' ? delayError(settlement.delayMs, 'a retry', client.settings) : undefined
  }
}

interface Open<S extends Settlement = Settlement> {
  readonly settlement: S
  readonly index: number
}

function isSent(open: Open): open is Open<Sent> {
  return open.settlement.as === 'retry' || open.settlement.as === 'deadLetter'
}

function receiptOf({ settlement: { receipt }, index }: Open): {
  readonly receipt: string
  readonly index: number
} {
  return { receipt, index }
}

function successor(settlement: Sent, { envelope, deliveries }: Omit<Held, 'messageId'>): Envelope {
  const headers = settlement.headers ?? envelope.message.headers
  const message: Message = { ...envelope.message, headers }
  if (settlement.as === 'retry') return { message, deliveries, blob: envelope.blob }
  return { message, deliveries, blob: envelope.blob, reason: settlement.reason, deadAt: systemRuntime.now() }
}

/** One copy per stored message, however often it is asked for: FIFO queues drop the second. */
function copyId(mark: 'r' | 'd', messageId: string): string {
  return safeId(`${mark}-${sha256(messageId)}`)
}

/** Trouble on the way is thrown, so that all is tried again; what is decided is answered. */
function answered(failures: Failures): readonly Failure[] {
  const trouble = [...failures.values()].find(({ retryable }) => retryable)
  if (trouble !== undefined) throw trouble
  return [...failures].map(([index, error]) => ({ index, error })).toSorted((a, b) => a.index - b.index)
}

function leaseLost(receipt: string, queue: string): QueueError {
  return new QueueError(
    'LEASE_LOST',
    `sqs: nothing is held here under the receipt ${receipt.slice(0, 24)}… of queue "${queue}": its lease has ended, it ` +
      'was settled, or another consumer received it. A retry and a dead letter are up to the one who received it.',
  )
}
