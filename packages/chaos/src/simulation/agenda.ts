export interface Entry {
  readonly at: number
  /** Who of those that are due at one moment goes first: the same in each replay, another one in each seed. */
  readonly rank: number
  readonly seq: number
  readonly run: () => void
  cancelled: boolean
}

/** What is to happen, by time: a binary heap. */
export class Agenda {
  readonly #heap: Entry[] = []
  #seq = 0

  add(at: number, rank: number, run: () => void): Entry {
    const entry: Entry = { at, rank, seq: ++this.#seq, run, cancelled: false }
    const heap = this.#heap
    let index = heap.push(entry) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (before(heap[parent]!, entry)) break
      heap[index] = heap[parent]!
      index = parent
    }
    heap[index] = entry
    return entry
  }

  /** The next that was not cancelled, taken out. */
  take(): Entry | undefined {
    for (let entry = this.#pop(); entry !== undefined; entry = this.#pop()) if (!entry.cancelled) return entry
    return undefined
  }

  #pop(): Entry | undefined {
    const heap = this.#heap
    const top = heap[0]
    const last = heap.pop()
    if (top === undefined || last === top || last === undefined) return top
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1
      if (before(last, heap[child]!)) break
      heap[index] = heap[child]!
      index = child
    }
    heap[index] = last
    return top
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.at - b.at < 0 || (a.at === b.at && (a.rank - b.rank || a.seq - b.seq) < 0)
}
