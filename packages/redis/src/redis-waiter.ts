import { QueueError } from '@bananasjs/core/contract'
import type { RedisClient } from './redis-client.ts'
import type { QueueKeys } from './redis-keys.ts'
import type { RedisLink } from './redis-link.ts'
import type { Claim, TurnReply } from './redis-turn.ts'
import { runTurn, turnKeys } from './redis-turn.ts'

/** Redis 6 makes one millisecond, which it cuts off at none, a wait without end. */
const LEAST_WAIT_MS = 2
/** How long after its own timeout a blocked call may stay silent before its connection counts as dead. */
const GRACE_MS = 2000
/** A nudge nobody waited for is forgotten after this. */
const NUDGE_MS = 10_000

/**
 * A connection that blocks until there may be something to claim. The claim is sent right behind the blocking call, so
 * that a waiting consumer has its message one round trip sooner.
 */
export class RedisWaiter {
  readonly #client: RedisClient
  readonly #wake: string
  readonly #own: string
  readonly #keys: readonly string[]
  #link: RedisLink | undefined
  #blocked = false

  constructor(client: RedisClient, keys: QueueKeys, nonce: string) {
    this.#client = client
    this.#wake = keys.wake
    this.#own = `${keys.wake}:${nonce}`
    this.#keys = turnKeys(keys, this.#own)
  }

  /** Waits up to `waitMs` for a wake-up, then claims. @throws QueueError CONNECTION_LOST when it is unknown what was claimed */
  async wait(waitMs: number, claim: Claim, signal: AbortSignal): Promise<TurnReply> {
    const link = (this.#link ??= this.#client.newLink())
    await link.open(signal)
    signal.throwIfAborted()
    this.#blocked = true
    try {
      const seconds = (Math.max(LEAST_WAIT_MS, waitMs) / 1000).toFixed(3)
      const deadlineMs = waitMs + GRACE_MS
      const blocked = link.call('blpop', [this.#own, this.#wake, seconds], deadlineMs)
      const turn = { acks: [], operations: [], claim, leaving: false }
      const claimed = runTurn(link, this.#keys, turn, deadlineMs)
      const [ended, reply] = await Promise.allSettled([blocked, claimed])
      if (reply.status === 'fulfilled') return reply.value
      throw ended.status === 'rejected' ? link.explain(ended.reason) : link.explain(reply.reason)
    } finally {
      this.#blocked = false
    }
  }

  /** Ends the wait under way, if any; `wait` then answers with what it claimed at the last moment. */
  nudge(): void {
    if (!this.#blocked) return
    const give = async (): Promise<void> => {
      await Promise.all([
        this.#client.call('rpush', this.#own, 1),
        this.#client.call('pexpire', this.#own, NUDGE_MS),
      ])
    }
    // Without the main connection nobody can be told: then the wait ends with its own connection.
    if (this.#client.main.ready) give().catch(() => this.#link?.cut())
    else this.#link?.cut()
  }

  close(): void {
    this.#link?.close()
    this.#link = undefined
  }
}

/** True when the answer of a call, and so what it leased, may have got lost on the way. */
export function isLost(error: unknown): boolean {
  return QueueError.is(error, 'CONNECTION_LOST')
}
