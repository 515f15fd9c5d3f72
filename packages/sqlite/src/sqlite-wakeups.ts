import { Gate } from './sqlite-gate.ts'
import { ChangePoller } from './sqlite-change-poller.ts'
import type { SqliteDatabase } from './sqlite-database.ts'

/** All open files of this process, so that two transports on one file wake each other without a detour over the disk. */
const neighbours = new Map<unknown, Set<Wakeups>>()

/** Tells readers that something they wait for may be there: at once inside the process, within milliseconds from outside. */
export class Wakeups {
  readonly #gates = new Map<string, Set<Gate>>()
  readonly #key: unknown
  readonly #poller: ChangePoller | undefined
  #open = 0

  constructor(database: SqliteDatabase, file: string) {
    this.#key = file === '' ? database : file
    this.#poller = file === '' ? undefined : new ChangePoller(database, file, () => this.#ringAll())
    const group = neighbours.get(this.#key) ?? new Set()
    neighbours.set(this.#key, group.add(this))
  }

  /** Open a gate first, then look, then wait. The caller closes it. */
  gate(topics: readonly string[]): Gate {
    const gate = new Gate(() => this.#leave(gate, topics))
    for (const topic of topics) {
      const gates = this.#gates.get(topic) ?? new Set()
      this.#gates.set(topic, gates.add(gate))
    }
    this.#open += 1
    if (this.#open === 1) this.#poller?.start()
    return gate
  }

  /** Call it after the commit. */
  notify(topics: Iterable<string>): void {
    const group = neighbours.get(this.#key)
    if (group === undefined) return
    for (const member of group) {
      if (member.#open > 0) for (const topic of topics) member.#ring(topic)
    }
  }

  /** Ends all waits. */
  close(): void {
    const group = neighbours.get(this.#key)
    group?.delete(this)
    if (group?.size === 0) neighbours.delete(this.#key)
    this.#poller?.close()
    this.#ringAll()
  }

  #ring(topic: string): void {
    const gates = this.#gates.get(topic)
    if (gates !== undefined) for (const gate of gates) gate.ring()
  }

  #ringAll(): void {
    for (const gates of this.#gates.values()) for (const gate of gates) gate.ring()
  }

  #leave(gate: Gate, topics: readonly string[]): void {
    let left = false
    for (const topic of topics) {
      const gates = this.#gates.get(topic)
      if (gates?.delete(gate)) left = true
      if (gates?.size === 0) this.#gates.delete(topic)
    }
    if (!left) return
    this.#open -= 1
    if (this.#open === 0) this.#poller?.stop()
  }
}
