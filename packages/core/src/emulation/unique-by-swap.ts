import type { ResultBackend } from '../contract/result-backend.ts'
import { QueueError } from '../errors.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { sleep } from '../runtime/sleep.ts'

/**
 * Uniqueness on any result backend: a marker per key, taken by compare-and-set before the message is published and
 * confirmed after. A claimant that crashes in between blocks the key for PENDING_MS only, so it never happens that
 * everyone is told "already there" of a task that was never stored.
 */
interface Marker {
  readonly id: string
  readonly state: 'pending' | 'stored'
}

export interface Claim {
  readonly key: string
  readonly id: string
  readonly mode: 'reject' | 'replace' | 'keep-first'
  readonly ttlMs: number
  readonly signal?: AbortSignal | undefined
}

const PENDING_MS = 5000
const FIRST_WAIT_MS = 10
const LONGEST_WAIT_MS = 250

/** Returns the id that holds the key: the claim's own when it won. @throws QueueError CONFLICT in mode `reject` */
export async function claimUnique(backend: ResultBackend, runtime: Runtime, claim: Claim): Promise<string> {
  const mine = encode({ id: claim.id, state: 'pending' })
  let expected: Uint8Array | null = null
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
    const stored: Uint8Array | null = await backend.swap(claim.key, expected, mine, PENDING_MS)
    if (stored !== null && same(stored, mine)) return claim.id
    const holder = stored === null ? undefined : decode(stored)
    expected = null
    if (holder === undefined) continue
    if (holder.state === 'pending') {
      await sleep(runtime, waitMs, claim.signal)
      continue
    }
    if (holder.id === claim.id || claim.mode === 'keep-first') return holder.id
    if (claim.mode === 'reject')
      throw new QueueError('CONFLICT', `Unique key "${claim.key}" is held by task ${holder.id}.`)
    expected = stored
  }
}

/** After the publish: the key now holds for its whole time. */
export async function confirmUnique(backend: ResultBackend, claim: Claim): Promise<void> {
  await backend.swap(
    claim.key,
    encode({ id: claim.id, state: 'pending' }),
    encode({ id: claim.id, state: 'stored' }),
    claim.ttlMs,
  )
}

/** After a publish that surely failed: the key is free again. */
export async function withdrawUnique(backend: ResultBackend, claim: Claim): Promise<void> {
  await backend.swap(claim.key, encode({ id: claim.id, state: 'pending' }), null, 0)
}

/** The id that holds the key now, if any. */
export async function uniqueHolder(backend: ResultBackend, key: string): Promise<string | undefined> {
  const stored = await backend.swap(key, null, null, 0)
  return stored === null ? undefined : decode(stored).id
}

/** Frees the key if `id` holds it; returns the holder found, before. */
export async function releaseUnique(
  backend: ResultBackend,
  key: string,
  id: string,
): Promise<string | undefined> {
  let stored = await backend.swap(key, null, null, 0)
  const holder = stored === null ? undefined : decode(stored).id
  // Pending may turn into stored between the read and the swap, once.
  for (let tries = 0; tries < 3 && stored !== null && decode(stored).id === id; tries += 1) {
    stored = await backend.swap(key, stored, null, 0)
  }
  return holder
}

function encode(marker: Marker): Uint8Array {
  return Buffer.from(`${marker.state}:${marker.id}`)
}

function decode(bytes: Uint8Array): Marker {
  const text = Buffer.from(bytes).toString()
  const colon = text.indexOf(':')
  return { state: text.slice(0, colon) === 'stored' ? 'stored' : 'pending', id: text.slice(colon + 1) }
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
