import type { Delivery } from '../contract/message.ts'
import type { Runtime, Timer } from '../runtime/runtime.ts'
import type { Parts } from '../task/parts.ts'
import { revocationsOutstanding } from '../task/revocations.ts'

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
    if (!this.#outstanding) return undefined
    // A backend that does not answer must not hold tasks up: they run.
    return this.#read(deliveries.map((delivery) => delivery.message.id)).catch(() => new Set<string>())
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
