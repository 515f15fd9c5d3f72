import type { Headers, Message } from '@bananasjs/core/contract'
import { bodyHash } from './body-hash.ts'
import type { SendBody } from './history-event.ts'
import { header } from './wire-headers.ts'

/** What a message asks for, as it leaves. `now`: the wall clock of whoever sends it. */
export function sendOf(message: Message, queue: string, now: number): SendBody {
  const { id, headers, priority, delayMs, group } = message
  const waitMs = delayMs + Number(headers[header.hop] ?? 0)
  return {
    kind: 'send',
    task: id,
    name: headers[header.task] ?? '',
    queue,
    priority,
    hash: bodyHash(message.body),
    ...(waitMs > 0 && { delayMs: waitMs }),
    ...(group !== undefined && { group }),
    ...limitsOf(headers, now),
    ...textsOf(headers),
  }
}

function limitsOf(headers: Headers, now: number): Pick<SendBody, 'expiresInMs' | 'retryLimit'> {
  const expiresAt = headers[header.expiresAt]
  const limit = headers[header.retryLimit]
  return {
    ...(expiresAt !== undefined && { expiresInMs: Date.parse(expiresAt) - now }),
    ...(limit !== undefined && { retryLimit: Number(limit) }),
  }
}

const TEXTS = ['unique', 'uniqueUntil', 'schedule', 'tick'] as const

function textsOf(headers: Headers): Pick<SendBody, (typeof TEXTS)[number]> {
  const found: { [name in (typeof TEXTS)[number]]?: string } = {}
  for (const name of TEXTS) {
    const text = headers[header[name]]
    if (text !== undefined) found[name] = text
  }
  return found
}
