import type { Headers, Settlement } from '../contract/message.ts'
import { firstHop } from '../emulation/delay-hops.ts'
import type { Parts } from '../task/parts.ts'
import { HEADER } from '../task/envelope.ts'
import { errorRecord } from '../task/error-record.ts'
import type { HeldTask } from './held-task.ts'

/** Headers of the next life after a failed attempt. */
export function retrySettlement(parts: Parts, held: HeldTask, delayMs: number): Settlement {
  return again(parts, held, delayMs, { [HEADER.attempt]: String(held.envelope.attempt + 1) })
}

/** Again later without having used up an attempt. */
export function postponeSettlement(parts: Parts, held: HeldTask, delayMs: number): Settlement {
  return again(parts, held, delayMs, handedBack(held))
}

/** The same by a worker that does not know the task: counted apart, because only so many may. */
export function unknownSettlement(parts: Parts, held: HeldTask, delayMs: number): Settlement {
  const times = String(held.envelope.unknownTimes + 1)
  return again(parts, held, delayMs, { ...handedBack(held), [HEADER.unknownTimes]: times })
}

function handedBack({ envelope }: HeldTask): Headers {
  return { [HEADER.handedBack]: String(envelope.handedBack + 1) }
}

/** Set aside, with headers ready for a redrive: attempts and hand-backs count afresh, the whole error chain is kept. */
export function deadSettlement(held: HeldTask, reason: string, error: unknown): Settlement {
  const {
    [HEADER.attempt]: _attempt,
    [HEADER.handedBack]: _back,
    [HEADER.unknownTimes]: _unknown,
    [HEADER.hopMs]: _hop,
    ...rest
  } = held.delivery.message.headers
  const kept = error === undefined ? rest : { ...rest, [HEADER.error]: JSON.stringify(errorRecord(error)) }
  return { receipt: held.delivery.receipt, as: 'deadLetter', reason, headers: kept }
}

function again(parts: Parts, held: HeldTask, delayMs: number, changed: Headers): Settlement {
  const { name, supports } = parts.broker
  // A broker without any delay can still hand a task back at once: late retries there would be lost retries.
  const wantedMs = supports.maxDelayMs === 0 ? 0 : delayMs
  const hop = firstHop({ ...held.delivery.message.headers, ...changed }, wantedMs, {
    name,
    maxDelayMs: supports.maxDelayMs,
  })
  return { receipt: held.delivery.receipt, as: 'retry', delayMs: hop.delayMs, headers: hop.headers }
}
