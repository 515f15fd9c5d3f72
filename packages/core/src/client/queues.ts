import type {
  DeadLetter,
  DeadLetterPage,
  DeadLetters,
  DeadLetterSelection,
  QueueCounts,
} from '../contract/broker.ts'
import type { Message } from '../contract/message.ts'
import { checkQueueName } from '../contract/check-message.ts'
import { lanesOf, queueOfLane } from '../emulation/priority-lanes.ts'
import { QueueError } from '../errors.ts'
import { checkOptions } from '../task/check-options.ts'
import type { Parts } from '../task/parts.ts'
import { encodeResultValue } from '../task/result-value.ts'
import { show } from '../task/show.ts'

const PAGE = 500
const PAGE_OPTIONS = { limit: true, after: true } as const
const SELECTION_OPTIONS = { ids: true } as const

/** Looking into queues and tidying them up; lanes of one queue count as that queue. */
export class Queues {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** @throws QueueError UNSUPPORTED where the broker has no list */
  async list(): Promise<readonly string[]> {
    await this.#parts.ready()
    const { broker, lanes } = this.#parts
    if (broker.queues === undefined) throw this.#unsupported('list its queues', 'inspect: counts')
    return [...new Set((await broker.queues()).map((lane) => queueOfLane(lane, lanes)))].sort()
  }

  /** What the broker cannot count is `undefined`. @throws QueueError UNSUPPORTED where it cannot count at all */
  async inspect(queue: string): Promise<QueueCounts> {
    await this.#parts.ready()
    const { broker } = this.#parts
    if (broker.inspect === undefined) throw this.#unsupported('count its messages', 'inspect')
    const counts = await Promise.all(this.#lanes(queue).map((lane) => broker.inspect!(lane)))
    return counts.reduce((sum, one) => ({
      ready: sum.ready + one.ready,
      delayed: sumOf(sum.delayed, one.delayed),
      leased: sumOf(sum.leased, one.leased),
      dead: sum.dead + one.dead,
    }))
  }

  /** The next messages, without taking them. */
  async peek(queue: string, limit = 20): Promise<readonly Message[]> {
    checkLimit(limit, 0)
    await this.#parts.ready()
    const { broker } = this.#parts
    if (broker.peek === undefined) throw this.#unsupported('show messages without taking them', 'peek')
    const messages: Message[] = []
    for (const lane of this.#lanes(queue)) {
      if (messages.length < limit) messages.push(...(await broker.peek(lane, limit - messages.length)))
    }
    return messages
  }

  /** Removes what is ready or delayed. Returns how many. */
  async purge(queue: string): Promise<number> {
    await this.#parts.ready()
    const { broker } = this.#parts
    if (broker.purge === undefined) throw this.#unsupported('purge a queue', 'purge')
    let purged = 0
    for (const lane of this.#lanes(queue)) purged += await broker.purge(lane)
    return purged
  }

  async dead(
    queue: string,
    page: DeadLetterPage = { limit: 100 },
  ): Promise<{ readonly letters: readonly DeadLetter[]; readonly next?: string | undefined }> {
    checkOptions(page, PAGE_OPTIONS, 'dead')
    checkLimit(page.limit, 1)
    const dead = await this.#deadLetters()
    const lanes = this.#lanes(queue)
    // A page marker is the lane's number and its own marker.
    const [start, after] = page.after === undefined ? [0, undefined] : splitMarker(page.after, lanes.length)
    for (let lane = start; lane < lanes.length; lane += 1) {
      const found = await dead.list(lanes[lane]!, {
        limit: page.limit,
        after: lane === start ? after : undefined,
      })
      if (found.next !== undefined) return { letters: found.letters, next: `${lane}:${found.next}` }
      const more = lane + 1 < lanes.length ? `${lane + 1}:` : undefined
      if (found.letters.length > 0 || more === undefined) return { letters: found.letters, next: more }
    }
    return { letters: [] }
  }

  /** Puts dead letters back as fresh tasks, forgetting their failed results. Returns how many. */
  async redrive(queue: string, selection: DeadLetterSelection = {}): Promise<number> {
    checkSelection(selection, 'redrive')
    const dead = await this.#deadLetters()
    let redriven = 0
    for (const lane of this.#lanes(queue)) {
      await this.#renew(dead, lane, selection)
      redriven += await dead.redrive(lane, selection)
    }
    return redriven
  }

  /** Forgets dead letters for good. Returns how many. */
  async drop(queue: string, selection: DeadLetterSelection = {}): Promise<number> {
    checkSelection(selection, 'drop')
    const dead = await this.#deadLetters()
    let dropped = 0
    for (const lane of this.#lanes(queue)) dropped += await dead.drop(lane, selection)
    return dropped
  }

  /** Before the message: else a fast worker's new result would be dropped, the old final one being in its place. */
  async #renew(dead: DeadLetters, lane: string, selection: DeadLetterSelection): Promise<void> {
    const { results } = this.#parts
    if (results === undefined) return
    const value = encodeResultValue({ reason: 'redriven' })
    const wanted = selection.ids === undefined ? undefined : new Set(selection.ids)
    let after: string | undefined
    do {
      const page = await dead.list(lane, { limit: PAGE, after })
      const ids = page.letters.map((letter) => letter.message.id).filter((id) => wanted?.has(id) ?? true)
      await results.put(ids.map((id) => ({ id, state: 'queued', value, ttlMs: 86_400_000 })))
      after = page.next
    } while (after !== undefined)
  }

  async #deadLetters(): Promise<DeadLetters> {
    await this.#parts.ready()
    const { deadLetters } = this.#parts.broker
    if (deadLetters === undefined) throw this.#unsupported('show its dead letters', 'deadLetters')
    return deadLetters
  }

  #lanes(queue: string): readonly string[] {
    checkQueueName(queue)
    return lanesOf(queue, this.#parts.lanes).map((lane) => lane.queue)
  }

  #unsupported(what: string, capability: string): QueueError {
    return new QueueError(
      'UNSUPPORTED',
      `${this.#parts.broker.name} cannot ${what} (it declares no "${capability}"). Use the broker's own tools.`,
    )
  }
}

function sumOf(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b
}

function splitMarker(marker: string, lanes: number): readonly [number, string | undefined] {
  const [, number, rest = ''] = (typeof marker === 'string' && /^(\d+):(.*)$/s.exec(marker)) || []
  const lane = Number(number)
  if (!(lane < lanes))
    throw new QueueError(
      'INVALID',
      `${show(marker)} is not a page marker of dead letters. Pass the "next" of the page before, or none.`,
    )
  return [lane, rest === '' ? undefined : rest]
}

function checkLimit(limit: number, least: number): void {
  if (Number.isInteger(limit) && limit >= least) return
  throw new QueueError(
    'INVALID',
    `The limit must be a whole number of at least ${least}, not ${show(limit)}.`,
  )
}

/** Strict, because without ids all letters are meant: a slip must not drop them. */
function checkSelection(selection: DeadLetterSelection, verb: string): void {
  checkOptions(selection, SELECTION_OPTIONS, verb)
  const { ids } = selection
  if (ids === undefined || (Array.isArray(ids) && ids.every((id) => typeof id === 'string'))) return
  throw new QueueError('INVALID', `${verb}: "ids" must be a list of task ids, not ${show(ids)}.`)
}
