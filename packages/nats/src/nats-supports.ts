import type { BrokerSupports, Durability } from '@bananasjs/core/contract'

/** What the server takes unless it is told otherwise, less the headers that travel beside a message. */
const USUAL_PAYLOAD_BYTES = 1024 * 1024
const OUR_BYTES = 4096
export const MAX_BATCH = 1000
/** A delayed message is looked at when it is due, and then moved. */
export const CLOCK_MS = 100

export const MAX_MESSAGE_BYTES: number = USUAL_PAYLOAD_BYTES - OUR_BYTES

/** @param maxPayloadBytes of the server, once it is known */
export function supportsOf(durability: Durability, maxPayloadBytes: number = Infinity): BrokerSupports {
  return Object.freeze({
    durability,
    inspect: 'counts',
    peek: true,
    purge: true,
    deadLetters: true,
    // What is given back goes to the end of the line: as a copy, because the server counts what is merely returned.
    ordered: 'none',
    release: 'free',
    priorityLevels: 1,
    maxDelayMs: Infinity,
    dedupeMs: 0,
    maxMessageBytes: maxBytes(maxPayloadBytes),
    maxBatch: MAX_BATCH,
    clockMs: CLOCK_MS,
    // The server takes an acknowledgement of whoever had the message last or before.
    lease: Object.freeze({ renewable: true, fenced: false, shared: true, maxMs: Infinity }),
  })
}

export function maxBytes(maxPayloadBytes: number): number {
  return Math.min(MAX_MESSAGE_BYTES, maxPayloadBytes - OUR_BYTES)
}
