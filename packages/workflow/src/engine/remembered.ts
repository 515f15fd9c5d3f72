/** The last thousand keys that were added, and not a key more. */
export class Remembered {
  readonly #keys = new Set<string>()
  readonly #most: number

  constructor(most = 1000) {
    this.#most = most
  }

  has(key: string): boolean {
    return this.#keys.has(key)
  }

  add(key: string): void {
    if (this.#keys.size >= this.#most) this.#keys.delete(this.#keys.values().next().value!)
    this.#keys.add(key)
  }
}
