import type { Timer } from '@bananasjs/core/contract'
import { Agenda } from './agenda.ts'

/** Virtual time that everything in a simulation shares. Nothing happens in it but what is on its agenda. */
export class World {
  /** Milliseconds since the beginning. */
  now = 0
  /** How much has happened. */
  steps = 0
  readonly #agenda = new Agenda()

  /** `rank` puts in order what is due at one moment. */
  after(delayMs: number, run: () => void, rank = 0): Timer {
    const entry = this.#agenda.add(this.now + Math.max(0, delayMs), rank, run)
    return { cancel: () => void (entry.cancelled = true) }
  }

  /** Lets time pass, one happening after the other, until `over` holds or nothing is left to happen. */
  async run(over: () => boolean): Promise<void> {
    await settled()
    while (!over()) {
      const entry = this.#agenda.take()
      if (entry === undefined) return
      this.now = Math.max(this.now, entry.at)
      this.steps += 1
      entry.run()
      await settled()
    }
  }
}

/** When every promise has done what it could: what waits now waits for the agenda. */
function settled(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve))
}
