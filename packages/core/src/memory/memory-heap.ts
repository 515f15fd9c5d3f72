/** A binary heap: the smallest by `compare` comes out first, in O(log n) whatever its size. */
export class MemoryHeap<T> {
  #items: T[] = []
  readonly #compare: (a: T, b: T) => number

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare
  }

  get size(): number {
    return this.#items.length
  }

  peek(): T | undefined {
    return this.#items[0]
  }

  push(item: T): void {
    const items = this.#items
    let at = items.length
    items.push(item)
    while (at > 0) {
      const above = (at - 1) >> 1
      if (this.#compare(items[above]!, item) <= 0) break
      items[at] = items[above]!
      at = above
    }
    items[at] = item
  }

  pop(): T | undefined {
    const items = this.#items
    const first = items[0]
    const last = items.pop()
    if (items.length > 0) this.#sink(last!)
    return first
  }

  /** The first `limit` items in order, left where they are: O(limit log limit), not O(size). */
  first(limit: number): T[] {
    const items = this.#items
    const next = new MemoryHeap<number>((a, b) => this.#compare(items[a]!, items[b]!))
    const found: T[] = []
    if (items.length > 0) next.push(0)
    while (found.length < limit && next.size > 0) {
      const at = next.pop()!
      found.push(items[at]!)
      for (const below of [2 * at + 1, 2 * at + 2]) if (below < items.length) next.push(below)
    }
    return found
  }

  clear(): void {
    this.#items = []
  }

  #sink(item: T): void {
    const items = this.#items
    const half = items.length >> 1
    let at = 0
    while (at < half) {
      let below = 2 * at + 1
      if (below + 1 < items.length && this.#compare(items[below + 1]!, items[below]!) < 0) below += 1
      if (this.#compare(item, items[below]!) <= 0) break
      items[at] = items[below]!
      at = below
    }
    items[at] = item
  }
}
