import type { Headers } from '../contract/message.ts'
import { QueueError } from '../errors.ts'
import { HEADER } from '../task/envelope.ts'

/**
 * Delays longer than the broker keeps: the message comes out after `maxDelayMs` carrying what is left, and the worker
 * postpones it again without running it. Remaining time, not a moment, travels: a wrong clock changes nothing.
 */
export interface Hop {
  readonly delayMs: number
  readonly headers: Headers
}

/** @throws QueueError UNSUPPORTED on a broker that keeps no delay at all */
export function firstHop(
  headers: Headers,
  delayMs: number,
  broker: { readonly name: string; readonly maxDelayMs: number },
): Hop {
  if (delayMs <= broker.maxDelayMs) {
    if (!(HEADER.hopMs in headers)) return { delayMs, headers }
    const { [HEADER.hopMs]: _, ...rest } = headers
    return { delayMs, headers: rest }
  }
  if (broker.maxDelayMs <= 0) {
    throw new QueueError(
      'UNSUPPORTED',
      `${broker.name} cannot delay messages (maxDelayMs is 0). Enqueue without delay, or use a broker that can.`,
    )
  }
  return {
    delayMs: broker.maxDelayMs,
    headers: { ...headers, [HEADER.hopMs]: String(delayMs - broker.maxDelayMs) },
  }
}
