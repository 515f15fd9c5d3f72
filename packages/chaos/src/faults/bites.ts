/** Proof that a fault did something. */
export interface Bites {
  readonly count: number
  /** Epoch ms; `undefined` when it never bit. */
  readonly firstAt: number | undefined
  readonly lastAt: number | undefined
  /** The first of those that were hit. */
  readonly victims: readonly string[]
}

const MOST_VICTIMS = 50

export const NO_BITES: Bites = { count: 0, firstAt: undefined, lastAt: undefined, victims: [] }

export class BiteCounter {
  #count = 0
  #firstAt: number | undefined
  #lastAt: number | undefined
  readonly #victims = new Set<string>()

  get count(): number {
    return this.#count
  }

  add(at: number, victim: string | undefined): void {
    this.#count += 1
    this.#firstAt ??= at
    this.#lastAt = at
    if (victim !== undefined && this.#victims.size < MOST_VICTIMS) this.#victims.add(victim)
  }

  read(): Bites {
    return { count: this.#count, firstAt: this.#firstAt, lastAt: this.#lastAt, victims: [...this.#victims] }
  }
}

/** What several places saw of one fault. */
export function sumBites(all: readonly Bites[]): Bites {
  const bitten = all.filter(({ count }) => count > 0)
  if (bitten.length === 0) return NO_BITES
  return {
    count: bitten.reduce((sum, { count }) => sum + count, 0),
    firstAt: Math.min(...bitten.map(({ firstAt }) => firstAt ?? Infinity)),
    lastAt: Math.max(...bitten.map(({ lastAt }) => lastAt ?? -Infinity)),
    victims: [...new Set(bitten.flatMap(({ victims }) => victims))].slice(0, MOST_VICTIMS),
  }
}
