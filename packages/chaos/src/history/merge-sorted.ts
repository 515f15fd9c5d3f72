/** A sorted row that is opened only when its first item's turn has come. */
export interface SortedRow<T> {
  /** Not later than its first item. `Infinity`: it has none. */
  readonly from: number
  readonly open: () => Iterator<T>
}

interface Head<T> {
  at: number
  item: T | undefined
  readonly row: number
  iterator: Iterator<T> | undefined
}

/** One sorted row out of many, by a binary heap of their heads. Among equals, the earlier row goes first. */
export function* mergeSorted<T>(rows: readonly SortedRow<T>[], atOf: (item: T) => number): Generator<T> {
  const heads: Head<T>[] = rows.map(({ from }, row) => ({
    at: from,
    item: undefined,
    row,
    iterator: undefined,
  }))
  const heap = heads.filter(({ at }) => at < Infinity).toSorted(compare)
  try {
    while (heap.length > 0) {
      const head = heap[0]!
      if (head.item !== undefined) yield head.item
      head.iterator ??= rows[head.row]!.open()
      const next = head.iterator.next()
      if (next.done === true) {
        const last = heap.pop()!
        if (heap.length > 0 && last !== head) heap[0] = last
      } else {
        head.item = next.value
        head.at = atOf(next.value)
      }
      sink(heap)
    }
  } finally {
    for (const { iterator } of heap) iterator?.return?.()
  }
}

function compare<T>(a: Head<T>, b: Head<T>): number {
  return a.at - b.at || a.row - b.row
}

/** Puts the first head in its place. */
function sink<T>(heap: Head<T>[]): void {
  let at = 0
  for (;;) {
    const left = 2 * at + 1
    if (left >= heap.length) return
    const right = left + 1
    const least = right < heap.length && compare(heap[right]!, heap[left]!) < 0 ? right : left
    if (compare(heap[at]!, heap[least]!) <= 0) return
    ;[heap[at], heap[least]] = [heap[least]!, heap[at]!]
    at = least
  }
}
