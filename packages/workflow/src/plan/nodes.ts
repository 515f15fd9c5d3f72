import type { Bound } from './plan-codec.ts'
import type { Edge, PlanNode, TaskNode } from './plan.ts'

/** Members of a group that differ in nothing but input and place. They are made when they are looked at. */
export interface Row {
  readonly kind: 'row'
  /** What they have in common. */
  readonly like: Omit<TaskNode, 'bound' | 'next'>
  readonly size: number
  /** To the gate from the first of them; the others follow. */
  readonly edge: Edge
  readonly bound: (at: number) => Bound
}

/** An entry and the number of its first node. */
export interface Placed<Node extends PlanNode = PlanNode> {
  readonly entry: Node | Row
  readonly first: number
}

/** The nodes of a plan by number, with rows as one entry: ten thousand members take no more than their inputs. */
export class Nodes<Node extends PlanNode = PlanNode> implements Iterable<Placed<Node>> {
  readonly #placed: Placed<Node>[] = []
  #size = 0

  constructor(entries: Iterable<Node | Row> = []) {
    for (const entry of entries) this.push(entry)
  }

  get size(): number {
    return this.#size
  }

  /** Returns the number of its first node. */
  push(entry: Node | Row): number {
    const first = this.#size
    this.#placed.push({ entry, first })
    this.#size += entry.kind === 'row' ? entry.size : 1
    return first
  }

  at(number: number): PlanNode {
    const { entry, first } = this.entryAt(number)
    return entry.kind === 'row' ? memberOf(entry, number - first) : entry
  }

  /** The entry that holds this node. */
  entryAt(number: number): Placed<Node> {
    let [low, high] = [0, this.#placed.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#placed[middle]!.first <= number) low = middle
      else high = middle - 1
    }
    return this.#placed[low]!
  }

  [Symbol.iterator](): IterableIterator<Placed<Node>> {
    return this.#placed.values()
  }
}

function memberOf({ like, edge: [to, at, when], bound }: Row, position: number): TaskNode {
  return { ...like, bound: bound(position), next: [[to, at + position, when]] }
}
