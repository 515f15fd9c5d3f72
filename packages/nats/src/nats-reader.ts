import { systemRuntime } from '@bananasjs/core/contract'
import { createInbox } from '@nats-io/transport-node'
import { NANOS_PER_MS } from './nats-api.ts'
import type { ConsumerInfo } from './nats-api.ts'
import { TTL_HEADER } from './nats-bucket.ts'
import type { NatsClient } from './nats-client.ts'
import type { NatsMessage } from './nats-driver.ts'
import { lostError, natsError } from './nats-errors.ts'
import { isMessage } from './nats-message.ts'

const BATCH = 500
/** The consumer that reads goes by itself after this. */
const FORGOTTEN_MS = 10_000

export interface ReadOptions {
  readonly stream: string
  readonly filter: string
  readonly from: number
  readonly limit: number
  /** Leaves out what the messages hold. */
  readonly headersOnly?: boolean
  readonly signal?: AbortSignal | undefined
}

/** A message as it stands in a stream. */
export interface Read {
  readonly seq: number
  readonly storedAt: number
  /** As its header says, else 0. */
  readonly ttlMs: number
  readonly data: Uint8Array
}

/**
 * Reads a stream as it is now, oldest first, and takes nothing. In batches, so memory is bounded by what is asked for.
 * @throws QueueError
 */
export async function* readStream(client: NatsClient, options: ReadOptions): AsyncGenerator<readonly Read[]> {
  const { stream, filter, from, limit, headersOnly = false, signal } = options
  const { api, where } = client
  const name = systemRuntime.id()
  const config = {
    name,
    filter_subject: filter,
    ack_policy: 'none',
    deliver_policy: 'by_start_sequence',
    opt_start_seq: Math.max(1, from),
    inactive_threshold: FORGOTTEN_MS * NANOS_PER_MS,
    mem_storage: true,
    num_replicas: 1,
    headers_only: headersOnly,
  }
  const path = `CONSUMER.CREATE.${stream}.${name}.${filter}`
  const made = await api
    .request<ConsumerInfo>(path, { stream_name: stream, config }, signal)
    .catch((error: unknown) => {
      throw natsError(error, where)
    })
  try {
    let left = Math.min(limit, made.num_pending)
    while (left > 0) {
      const batch = await pull(client, `${stream}.${name}`, Math.min(left, BATCH))
      signal?.throwIfAborted()
      if (batch.length === 0) return
      left -= batch.length
      yield batch
    }
  } finally {
    api.request(`CONSUMER.DELETE.${stream}.${name}`).catch(() => undefined) // it goes by itself, too
  }
}

/** So many, or fewer where some were deleted meanwhile. */
async function pull(client: NatsClient, consumer: string, batch: number): Promise<readonly Read[]> {
  const { link, settings, where } = client
  const driver = await link.open()
  const inbox = createInbox((driver as { options?: { inboxPrefix?: string } }).options?.inboxPrefix)
  const found: Read[] = []
  return new Promise((resolve, reject) => {
    const end = (error?: unknown): void => {
      timer.cancel()
      unlisten()
      subscription.unsubscribe()
      if (error === undefined) resolve(found)
      else reject(natsError(error, where))
    }
    const subscription = driver.subscribe(inbox, {
      callback: (error, message) => {
        if (error !== null) return end(error)
        if (!isMessage(message)) return end()
        found.push(readOf(message))
        if (found.length === batch) end()
      },
    })
    const unlisten = link.listen({ onDown: end })
    const timer = systemRuntime.setTimer(
      () => end(lostError(where, new Error(`no message of ${consumer} for ${settings.commandMs} ms`))),
      settings.commandMs,
    )
    const request = { batch, expires: (settings.commandMs / 2) * NANOS_PER_MS }
    driver.publish(`$JS.API.CONSUMER.MSG.NEXT.${consumer}`, JSON.stringify(request), { reply: inbox })
  })
}

/** The subject to answer on tells where it stands: its last parts are sequence, number, time and what is left. */
function readOf({ reply = '', data, headers }: NatsMessage): Read {
  const parts = reply.split('.')
  const at = parts.length > 9 ? 7 : 5
  return {
    seq: Number(parts[at]),
    storedAt: Number(parts[at + 2]) / NANOS_PER_MS,
    ttlMs: Number(headers?.get(TTL_HEADER) ?? 0),
    data: Uint8Array.from(data),
  }
}
