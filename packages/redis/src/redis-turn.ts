import type { Settlement } from '@bananasjs/core/contract'
import type { Argument } from './redis-driver.ts'
import type { RedisLink } from './redis-link.ts'
import type { QueueKeys } from './redis-keys.ts'
import { script } from './redis-script.ts'
import { TURN } from './scripts/turn.ts'

const TURN_SCRIPT = script(TURN)
/** Longest time a consumer waits without looking by itself: what a lost wake-up costs at most. */
export const HORIZON_MS = 5000

/** Leases asked for by one call. Receipts are made here, not by the server: an answer that never arrives can be taken back. */
export interface Claim {
  readonly max: number
  readonly leaseMs: number
  readonly prefix: string
}

export type Extension = { readonly receipt: string; readonly as: 'extend'; readonly leaseMs: number }
export type Operation = Settlement | Extension

export interface TurnReply {
  /** Positions of stale receipts: acknowledgements first, then the other operations, in the order given. */
  readonly stale: readonly number[]
  /** Until the next message is due; -1 when none is. Only when nothing was claimed. */
  readonly nextMs: number
  /** How many were leased. */
  readonly count: number
  /** Their sizes (4 each), then their bytes. */
  readonly packed: Buffer
}

export interface Turn {
  readonly acks: readonly string[]
  readonly operations: readonly Argument[]
  readonly claim: Claim | undefined
  /** This consumer will not wait next: others have to look after what is left. */
  readonly leaving: boolean
}

export function turnKeys(keys: QueueKeys, own?: string): string[] {
  const { ready, ranked, due, lease, held, wake, seq, dead } = keys
  const shared = [ready, ranked, due, lease, held, wake, seq, dead]
  return own === undefined ? shared : [...shared, own]
}

export function turnArguments({ acks, operations, claim, leaving }: Turn): Argument[] {
  const { max, leaseMs, prefix } = claim ?? { max: 0, leaseMs: 0, prefix: '' }
  return [
    max,
    leaseMs,
    prefix,
    HORIZON_MS,
    leaving ? 'leaving' : 'staying',
    acks.length,
    ...acks,
    ...operations,
  ]
}

export async function runTurn(
  link: RedisLink,
  keys: readonly string[],
  turn: Turn,
  deadlineMs?: number,
): Promise<TurnReply> {
  return readTurn(await link.run(TURN_SCRIPT, keys, turnArguments(turn), deadlineMs))
}

export function readTurn(reply: unknown): TurnReply {
  const [stale, nextMs, count, packed] = reply as [number[], number, number, Buffer]
  return { stale, nextMs, count, packed }
}

const FIRST_SUFFIX = 1001
const SUFFIXES: readonly string[] = Array.from({ length: 1000 }, (_, index) => String(FIRST_SUFFIX + index))

/** Receipts of one claim differ in their last four digits; the script counts from 1001, so that all have one length. */
export function receiptAt(prefix: string, index: number): string {
  return prefix + SUFFIXES[index]!
}

/** What all receipts of one claim begin with. */
export function claimPrefix(nonce: string, claim: number): string {
  return `${nonce}.${claim}.`
}

/** The number of the claim a receipt came with; `undefined` for one of another consumer. */
export function claimOf(receipt: string, nonce: string): number | undefined {
  if (!receipt.startsWith(nonce)) return undefined
  let claim = 0
  // Digit by digit: a substring for every receipt would be garbage to collect.
  for (let at = nonce.length + 1; at < receipt.length; at += 1) {
    const digit = receipt.charCodeAt(at) - 48
    if (digit < 0 || digit > 9) return claim
    claim = claim * 10 + digit
  }
  return undefined
}

export function pushOperation(target: Argument[], operation: Exclude<Operation, { as: 'ack' }>): void {
  const { receipt } = operation
  switch (operation.as) {
    case 'release':
      target.push('release', receipt)
      break
    case 'retry':
      target.push('retry', receipt, operation.delayMs, JSON.stringify(operation.headers))
      break
    case 'deadLetter': {
      const { headers, reason } = operation
      target.push(
        'dead',
        receipt,
        reason,
        headers === undefined ? 'keep' : 'new',
        JSON.stringify(headers ?? {}),
      )
      break
    }
    case 'extend':
      target.push('extend', receipt, operation.leaseMs)
      break
  }
}

/** Takes back what a claim leased whose answer never arrived. */
export function pushUnclaim(target: Argument[], { prefix, max }: Claim): void {
  target.push('unclaim', prefix, max)
}
