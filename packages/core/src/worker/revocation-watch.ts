import type { Delivery } from '../contract/message.ts'
import type { Runtime, Timer } from '../runtime/runtime.ts'
import type { Parts } from '../task/parts.ts'
import { fromIsoTime } from '../runtime/iso-time.ts'
import { isUuidV7, uuidV7Prefix } from '../runtime/uuid-v7.ts'
import { HEADER } from '../task/envelope.ts'
import { OUTSTANDING_MS, revocationsOutstanding } from '../task/revocations.ts'

const EVERY_MS = 1000

/**
 * Knows, at most a second late, whether any revocation is outstanding anywhere; only then are tasks checked one by
 * one before they start. So revoking costs nothing while nobody revokes, and no lost broadcast starts a revoked task.
 */
export class RevocationWatch {
  readonly #parts: Parts
  readonly #runtime: Runtime
  #outstanding = false
  #timer: Timer | undefined
  #stopped = false

  constructor(parts: Parts) {
    this.#parts = parts
    this.#runtime = parts.runtime
  }

  /** Resolves after the first look. */
  async start(): Promise<void> {
    if (this.#parts.results !== undefined) await this.#look()
  }

  /** A revocation was just heard of. */
  noteOne(): void {
    this.#outstanding = true
  }

  /** Ids of those that are revoked; `undefined` at once when nothing is outstanding. Never rejects. */
  check(deliveries: readonly Delivery[]): Promise<ReadonlySet<string>> | undefined {
    if (this.#parts.results === undefined) return undefined
    const suspects = this.#outstanding ? deliveries : this.#old(deliveries)
    if (suspects.length === 0) return undefined
    // A backend that does not answer must not hold tasks up: they run.
    return this.#read(suspects.map((delivery) => delivery.message.id)).catch(() => new Set<string>())
  }

  /** A task that has waited for long may have been revoked so long ago that nothing is outstanding any more. */
  #old(deliveries: readonly Delivery[]): readonly Delivery[] {
    const before = this.#runtime.now() - OUTSTANDING_MS
    // UUIDv7 sort by time, so that nothing need be parsed; other ids say when they were sent in a header.
    const oldest = uuidV7Prefix(before)
    return deliveries.filter(({ message: { id, headers } }) => {
      const sentAt = headers[HEADER.enqueuedAt]
      return sentAt === undefined ? id < oldest && isUuidV7(id) : !(fromIsoTime(sentAt) > before)
    })
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
  }

  async #look(): Promise<void> {
    // A backend that is down answers nothing: the last known state stands until it is back.
    this.#outstanding = await revocationsOutstanding(this.#parts.results!, this.#parts).catch(
      () => this.#outstanding,
    )
    if (!this.#stopped) this.#timer = this.#runtime.setTimer(() => void this.#look(), EVERY_MS, true)
  }

  async #read(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const records = (await this.#parts.results?.get(ids)) ?? []
    const revoked = new Set<string>()
    for (const [index, id] of ids.entries()) if (records[index]?.state === 'cancelled') revoked.add(id)
    return revoked
  }
}
