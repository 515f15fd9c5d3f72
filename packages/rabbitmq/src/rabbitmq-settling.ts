import { systemRuntime } from '@bananasjs/core/contract'

/** What is settled sooner than this is worth having the next one here, whatever the server still counts. */
const FAST_MS = 20
const WEIGHT = 0.05

/**
 * What has been settled here and is still counted by the server, whose window is that much smaller until it hears of it.
 * Slow tasks do without: a message that came in their place would wait here, while other workers are idle.
 */
export class Settling {
  #count = 0
  /** How long a delivery is held here: an exponentially weighted mean. */
  #heldMs = FAST_MS

  get counted(): number {
    return this.#heldMs < FAST_MS ? this.#count : 0
  }

  /** @param since monotonic ms: when one of these was handed out */
  async during(count: number, since: number | undefined, answer: () => Promise<void>): Promise<void> {
    if (since !== undefined) this.#heldMs += (systemRuntime.monotonic() - since - this.#heldMs) * WEIGHT
    this.#count += count
    try {
      await answer()
    } finally {
      this.#count -= count
    }
  }
}
