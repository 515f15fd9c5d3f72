import { ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import type { Message as SqsMessage, ReceiveMessageCommandOutput } from '@aws-sdk/client-sqs'
import { systemRuntime } from '@bananasjs/core/contract'
import { BATCH } from './sqs-batches.ts'
import type { SqsClient } from './sqs-client.ts'

const LONGEST_POLL_S = 20

export interface PollerOptions {
  readonly client: SqsClient
  readonly url: string
  readonly leaseMs: number
  /** What came when nobody waited for it any more. */
  readonly onLate: (messages: readonly SqsMessage[]) => void
}

/** One look at the queue that is on its way. It cannot be called back: SQS may be handing out messages already. */
interface Poll {
  readonly max: number
  /** Who waits for it; nobody after an abort, until the next receive takes it over. */
  taker:
    | {
        readonly resolve: (messages: readonly SqsMessage[]) => void
        readonly reject: (error: unknown) => void
      }
    | undefined
}

/**
 * Takes messages from one queue. An empty queue costs one long poll at a time; a full one is asked by as many short
 * polls at once as came back full before, up to what is wanted.
 */
export class SqsPoller {
  readonly #options: PollerOptions
  #width = 1
  #open: Poll | undefined
  #ended: Promise<void> = Promise.resolve()

  constructor(options: PollerOptions) {
    this.#options = options
  }

  /** Resolves when nothing is on its way any more. */
  get ended(): Promise<void> {
    return this.#ended
  }

  /** Up to `max` messages, `[]` when none came in time. An abort rejects at once with the signal's reason. */
  async take(max: number, waitMs: number, stop: AbortSignal): Promise<readonly SqsMessage[]> {
    const deadline = systemRuntime.monotonic() + waitMs
    let leftMs = waitMs
    for (;;) {
      // While a long poll waits there, the queue is empty: to ask again would only cost.
      if (this.#open !== undefined && leftMs <= 0) return []
      const poll = this.#open ?? this.#start(max, leftMs)
      const found = await taken(poll, stop)
      if (found.length > 0) return this.#upTo(max, found)
      leftMs = deadline - systemRuntime.monotonic()
      if (leftMs < 1000) return []
    }
  }

  #start(max: number, leftMs: number): Poll {
    const width = Math.min(this.#width, Math.ceil(max / BATCH), this.#options.client.settings.parallel)
    const poll: Poll = { max, taker: undefined }
    this.#open = poll
    const ended = (): void => {
      if (this.#open === poll) this.#open = undefined
    }
    this.#ended = this.#look(max, width, leftMs).then(
      (messages) => {
        ended()
        if (poll.taker !== undefined) poll.taker.resolve(messages)
        else this.#options.onLate(messages)
      },
      (error: unknown) => {
        ended()
        poll.taker?.reject(error)
      },
    )
    return poll
  }

  async #look(max: number, width: number, leftMs: number): Promise<readonly SqsMessage[]> {
    if (width === 1) {
      const waitS = leftMs <= 0 ? 0 : Math.min(Math.max(1, Math.floor(leftMs / 1000)), LONGEST_POLL_S)
      const found = await this.#ask(Math.min(max, BATCH), waitS)
      if (found.length === BATCH) this.#width = 2
      return found
    }
    const sizes = Array.from({ length: width }, (_, at) => Math.min(BATCH, max - at * BATCH))
    const replies = await Promise.allSettled(sizes.map((size) => this.#ask(size, 0)))
    const found = replies.flatMap((reply) => (reply.status === 'fulfilled' ? reply.value : []))
    const failed = replies.find((reply) => reply.status === 'rejected')
    if (found.length === 0 && failed !== undefined) throw failed.reason
    if (found.length >= Math.min(max, width * BATCH)) this.#width = Math.max(this.#width, width * 2)
    else if (found.length < (width * BATCH) / 2) this.#width = found.length === 0 ? 1 : Math.ceil(width / 2)
    return found
  }

  async #ask(max: number, waitS: number): Promise<readonly SqsMessage[]> {
    const { client, url, leaseMs } = this.#options
    const command = new ReceiveMessageCommand({
      QueueUrl: url,
      MaxNumberOfMessages: max,
      WaitTimeSeconds: waitS,
      VisibilityTimeout: Math.ceil(leaseMs / 1000),
      MessageSystemAttributeNames: ['ApproximateReceiveCount'],
    })
    const reply = await client.call<ReceiveMessageCommandOutput>(command, { waitsMs: waitS * 1000 })
    return reply.Messages ?? []
  }

  /** A poll that was taken over may have asked for more than is wanted now. */
  #upTo(max: number, found: readonly SqsMessage[]): readonly SqsMessage[] {
    if (found.length > max) this.#options.onLate(found.slice(max))
    return found.slice(0, max)
  }
}

/** Who decides between an arrival and an abort is one place: what was handed out is never also given back. */
function taken(poll: Poll, stop: AbortSignal): Promise<readonly SqsMessage[]> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      stop.removeEventListener('abort', abort)
      poll.taker = undefined
    }
    const abort = (): void => {
      leave()
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- the reason of the abort, untouched
      reject(stop.reason)
    }
    if (stop.aborted) return abort()
    stop.addEventListener('abort', abort, { once: true })
    poll.taker = {
      resolve: (messages) => {
        leave()
        resolve(messages)
      },
      reject: (error) => {
        leave()
        reject(error)
      },
    }
  })
}
