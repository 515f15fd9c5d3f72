import type {
  Abortable,
  DeadLetter,
  DeadLetterPage,
  DeadLetters,
  DeadLetterSelection,
  Tenancy,
} from '@bananasjs/core/contract'
import { QueueError, race } from '@bananasjs/core/contract'
import type { RedisClient } from './redis-client.ts'
import { decodeElement } from './redis-element.ts'
import { queueKeys } from './redis-keys.ts'
import { script } from './redis-script.ts'
import { TAKE_LETTERS } from './scripts/dead-letters.ts'

const TAKE_SCRIPT = script(TAKE_LETTERS)
/** Letters looked at in one call. */
const PAGE = 500
/** Ids sent with one call. */
const IDS = 1000
/** Before the reason: number 8, time 8 (double), size of the reason 4. */
const FIXED = 20

export class RedisDeadLetters implements DeadLetters {
  readonly #client: RedisClient
  readonly #tenancy: Tenancy

  constructor(client: RedisClient, tenancy: Tenancy) {
    this.#client = client
    this.#tenancy = tenancy
  }

  async list(
    queue: string,
    { limit, after, signal }: DeadLetterPage & Abortable,
  ): Promise<{ readonly letters: readonly DeadLetter[]; readonly next?: string | undefined }> {
    await this.#tenancy.open(signal)
    if (!(limit >= 1)) return { letters: [] }
    const { dead } = queueKeys(this.#client.prefix, queue)
    const from = after === undefined ? '-inf' : `(${Number(after)}`
    const size = Math.floor(limit)
    const reply = await race(
      this.#client.call('zrangebyscore', dead, from, '+inf', 'LIMIT', 0, size + 1),
      signal,
    )
    const members = reply as Buffer[]
    const letters = members.slice(0, size).map(toLetter)
    return members.length > size ? { letters, next: numberOf(members[size - 1]!) } : { letters }
  }

  redrive(queue: string, options: DeadLetterSelection & Abortable = {}): Promise<number> {
    return this.#take('redrive', queue, options)
  }

  drop(queue: string, options: DeadLetterSelection & Abortable = {}): Promise<number> {
    return this.#take('drop', queue, options)
  }

  async #take(
    what: 'redrive' | 'drop',
    queue: string,
    { ids, signal }: DeadLetterSelection & Abortable,
  ): Promise<number> {
    await this.#tenancy.open(signal)
    if (ids === undefined) return this.#sweep(what, queue, [], signal)
    let count = 0
    for (let at = 0; at < ids.length; at += IDS) {
      count += await this.#sweep(what, queue, ids.slice(at, at + IDS), signal)
    }
    return count
  }

  /** Page by page, up to the letter that was last when the first page was looked at. */
  async #sweep(
    what: 'redrive' | 'drop',
    queue: string,
    ids: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<number> {
    const { dead, ready, ranked, wake, seq } = queueKeys(this.#client.prefix, queue)
    let count = 0
    let after = 0
    let last = -1
    for (;;) {
      signal?.throwIfAborted()
      const call = this.#client.run(
        TAKE_SCRIPT,
        [dead, ready, ranked, wake, seq],
        [what, after, last, PAGE, ...ids],
      )
      const [taken, next, end] = (await race(call, signal)) as [number, number, number]
      count += taken
      if (next < 0) return count
      after = next
      last = end
    }
  }
}

function numberOf(member: Buffer): string {
  return String(member.readBigUInt64BE(0))
}

function toLetter(member: Buffer): DeadLetter {
  const deadAt = member.readDoubleBE(8)
  const end = FIXED + member.readUInt32BE(16)
  const reason = member.toString('utf8', FIXED, end)
  const bytes = member.subarray(end)
  const element = decodeElement(bytes)
  if (!(element instanceof QueueError)) return { ...element, reason, deadAt }
  const message = {
    id: `malformed-${numberOf(member)}`,
    headers: {},
    body: Uint8Array.from(bytes),
    priority: 50,
    delayMs: 0,
  }
  return { message, reason, deadAt, deliveries: 1 }
}
