import type { Message as SqsMessage } from '@aws-sdk/client-sqs'
import { QueueError, systemRuntime } from '@bananasjs/core/contract'
import type { BlobStore } from './blob-store.ts'
import { decodeEnvelope } from './sqs-envelope.ts'
import type { Held } from './sqs-held.ts'
import { blobError } from './sqs-payload.ts'

/** A received message as we understand it. */
export interface Read {
  readonly receipt: string
  readonly held: Held
  /** `unreadable`: now and for ever, `held.envelope.reason` says why. An error: not now. */
  readonly fate: 'readable' | 'unreadable' | QueueError
}

/** Reads what SQS hands over, and fetches the bodies that are kept elsewhere. */
export class SqsReader {
  readonly #blobs: BlobStore | undefined
  readonly #leaseMs: number

  constructor(blobs: BlobStore | undefined, leaseMs: number) {
    this.#blobs = blobs
    this.#leaseMs = leaseMs
  }

  read(messages: readonly SqsMessage[]): Promise<readonly Read[]> {
    return Promise.all(
      messages.map(async (message) => {
        const found = this.decode(message)
        const { blob } = found.held.envelope
        return blob === undefined ? found : this.#fetch(found, blob)
      }),
    )
  }

  /** Without fetching anything. */
  decode({ Body = '', MessageId = '', ReceiptHandle = '', Attributes }: SqsMessage): Read {
    const received = Number(Attributes?.ApproximateReceiveCount ?? 1)
    const found = decodeEnvelope(Body)
    const known = {
      messageId: MessageId,
      until: systemRuntime.monotonic() + this.#leaseMs,
      replaced: false,
    }
    if (!(found instanceof QueueError)) {
      const deliveries = found.deliveries + received
      const { message, blob } = found
      return {
        receipt: ReceiptHandle,
        held: { ...known, deliveries, envelope: { message, blob, deliveries: found.deliveries } },
        fate: 'readable',
      }
    }
    const message = {
      id: `malformed-${MessageId}`,
      headers: {},
      body: Buffer.from(Body),
      priority: 50,
      delayMs: 0,
    }
    const envelope = { message, deliveries: 0, reason: found.message }
    return { receipt: ReceiptHandle, held: { ...known, deliveries: received, envelope }, fate: 'unreadable' }
  }

  async #fetch(found: Read, key: string): Promise<Read> {
    const { id } = found.held.envelope.message
    if (this.#blobs === undefined) {
      const text = `sqs: the body of message ${id} is kept elsewhere, and this transport has no blob store (blobs).`
      return { ...found, fate: new QueueError('INVALID', text) }
    }
    try {
      const body = await this.#blobs.get(key)
      return body === undefined ? withoutBody(found, key) : withBody(found, body)
    } catch (cause) {
      return { ...found, fate: blobError(`could not give the body of message ${id}`, cause) }
    }
  }
}

function withBody(found: Read, body: Uint8Array): Read {
  const { envelope } = found.held
  return {
    ...found,
    held: { ...found.held, envelope: { ...envelope, message: { ...envelope.message, body } } },
  }
}

/** A copy of a message that is done already, or a store that forgets too soon: never dropped in silence. */
function withoutBody(found: Read, key: string): Read {
  const reason =
    `UNDECODABLE: the blob store has no ${key} any more. Either another copy of this message was acknowledged, ` +
    'or the store deletes too early: keep blobs longer than messages, 15 days at least.'
  return {
    ...found,
    fate: 'unreadable',
    held: { ...found.held, envelope: { ...found.held.envelope, reason } },
  }
}
