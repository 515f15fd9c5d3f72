import { QueueError } from '../contract/index.ts'
import type {
  Abortable,
  DeadLetter,
  DeadLetterPage,
  DeadLetters,
  DeadLetterSelection,
} from '../contract/index.ts'
import type { Letter, MemoryQueue } from './memory-queue.ts'
import type { MemoryStore } from './memory-store.ts'

export class MemoryDeadLetters implements DeadLetters {
  readonly #store: MemoryStore
  readonly #check: (options?: Abortable) => void

  constructor(store: MemoryStore, check: (options?: Abortable) => void) {
    this.#store = store
    this.#check = check
  }

  async list(
    queue: string,
    options: DeadLetterPage & Abortable,
  ): Promise<{ readonly letters: readonly DeadLetter[]; readonly next?: string | undefined }> {
    this.#check(options)
    const after = numberOf(options.after)
    const letters: DeadLetter[] = []
    let last = after
    for (const [number, letter] of this.#store.queues.get(queue)?.letters ?? []) {
      if (number <= after) continue
      if (letters.length >= options.limit) return { letters, next: String(last) }
      letters.push(toDeadLetter(letter))
      last = number
    }
    return { letters }
  }

  async redrive(queue: string, options: DeadLetterSelection & Abortable = {}): Promise<number> {
    this.#check(options)
    const target = this.#store.queues.get(queue)
    if (target === undefined) return 0
    const taken = take(target, options.ids)
    for (const { stored } of taken)
      target.put(stored.message, { level: stored.level, dueAt: 0, deliveries: 0 })
    target.serve()
    return taken.length
  }

  async drop(queue: string, options: DeadLetterSelection & Abortable = {}): Promise<number> {
    this.#check(options)
    const target = this.#store.queues.get(queue)
    return target === undefined ? 0 : take(target, options.ids).length
  }
}

function numberOf(marker: string | undefined): number {
  if (marker === undefined) return -1
  if (/^\d+$/.test(marker)) return Number(marker)
  throw new QueueError('INVALID', `memory: "${marker.slice(0, 40)}" is not a page marker of dead letters.`)
}

function take({ letters }: MemoryQueue, ids: readonly string[] | undefined): readonly Letter[] {
  const wanted = ids === undefined ? undefined : new Set(ids)
  const taken: Letter[] = []
  for (const [number, letter] of letters) {
    if (wanted !== undefined && !wanted.has(letter.stored.message.id)) continue
    letters.delete(number)
    taken.push(letter)
  }
  return taken
}

function toDeadLetter({ stored, reason, deadAt }: Letter): DeadLetter {
  return {
    message: { ...stored.message, body: new Uint8Array(stored.message.body) },
    reason,
    deadAt,
    deliveries: stored.deliveries,
  }
}
