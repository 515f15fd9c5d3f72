import type { Delivery, Headers } from '../contract/message.ts'
import { QueueError } from '../errors.ts'
import { readEnvelope } from '../task/envelope.ts'
import type { Envelope } from '../task/envelope.ts'
import type { Executor } from './executor.ts'
import { HeldTask } from './held-task.ts'
import { postponeSettlement, unknownSettlement } from './settlements.ts'
import type { Ending } from './settle-batcher.ts'
import type { Source } from './source.ts'
import type { TaskRunHost } from './task-run.ts'

export interface IntakeOptions extends TaskRunHost {
  readonly executor: Executor
  readonly knows: (envelope: Envelope) => boolean
  readonly leaseMs: number
  /** Hand-overs that may end without a word before a task counts as poison. */
  readonly maxCrashes: number
}

/** How a task ends that is not run. Called once its lease is known to be ours. */
type Verdict = () => Promise<Ending> | Ending

/** What is not run, and how it ends. */
export interface Unfit {
  readonly task: HeldTask
  readonly verdict: Verdict
}

export interface Admissions {
  /** To be run, in their order. */
  readonly fit: readonly HeldTask[]
  readonly unfit: readonly Unfit[]
}

const UNKNOWN_LIMIT = 10
const UNKNOWN_FIRST_MS = 1000
const UNKNOWN_LONGEST_MS = 60_000
const SUSPECT_SPREAD_MS = 1000

/**
 * Decides what becomes of each delivery before any handler sees it: unreadable, postponed, expired, revoked, unknown,
 * poisonous, or fit to run.
 */
export class Intake {
  readonly #options: IntakeOptions
  readonly #envelopes = new EnvelopeReader()
  /** A task that was handed over twice without a word may be what kills workers: only one of those runs at a time. */
  #suspect: HeldTask | undefined

  constructor(options: IntakeOptions) {
    this.#options = options
  }

  admit(source: Source, deliveries: readonly Delivery[], revoked?: ReadonlySet<string>): Admissions {
    const now = source.runtime.monotonic()
    const fit: HeldTask[] = []
    const unfit: Unfit[] = []
    for (const delivery of deliveries) {
      const envelope = this.#envelopes.read(delivery)
      const readable = envelope instanceof QueueError ? UNREADABLE : envelope
      const task = new HeldTask(delivery, source, readable, this.#options.leaseMs, now)
      const verdict =
        envelope instanceof QueueError ? this.#unreadable(task, envelope) : this.#verdictOn(task, revoked)
      if (verdict === undefined) fit.push(task)
      else unfit.push({ task, verdict })
    }
    return { fit, unfit }
  }

  /** A suspect came back in one piece, or never ran. */
  clear(held: HeldTask): void {
    if (this.#suspect === held) this.#suspect = undefined
  }

  #unreadable(task: HeldTask, error: QueueError): Verdict {
    return () => this.#options.executor.dead(task, `unreadable: ${error.message}`, error)
  }

  #verdictOn(held: HeldTask, revoked: ReadonlySet<string> | undefined): Verdict | undefined {
    const { parts, executor, maxCrashes, knows } = this.#options
    const { envelope } = held
    if (envelope.hopMs > 0) return () => this.#postponed(held, envelope.hopMs)
    if (envelope.expiresAt !== undefined && parts.runtime.now() >= envelope.expiresAt)
      return () => executor.expired(held)
    if (revoked?.has(held.id)) return () => executor.revoked(held)
    if (!knows(envelope)) return () => this.#unknown(held)
    if (held.crashes >= maxCrashes)
      return () =>
        executor.dead(
          held,
          `poison: ${held.crashes} workers took it and were never heard of again`,
          poison(held),
        )
    return this.#suspected(held)
  }

  /** A task that was handed over twice without a word waits until no other such task runs here. */
  #suspected(held: HeldTask): Verdict | undefined {
    if (held.crashes < 2) return undefined
    if (this.#suspect !== undefined) {
      const delayMs = Math.ceil(SUSPECT_SPREAD_MS * this.#options.parts.runtime.random())
      return () => this.#postponed(held, delayMs)
    }
    this.#suspect = held
    return undefined
  }

  #postponed(held: HeldTask, delayMs: number): Ending {
    return {
      task: held,
      settlement: postponeSettlement(this.#options.parts, held, delayMs),
      record: undefined,
    }
  }

  /** Given back for a worker that knows the task, ever later; dead-lettered in the end, never discarded. */
  #unknown(held: HeldTask): Promise<Ending> | Ending {
    const times = held.envelope.unknownTimes
    if (times < UNKNOWN_LIMIT) {
      const delayMs = Math.min(UNKNOWN_FIRST_MS * 2 ** times, UNKNOWN_LONGEST_MS)
      const settlement = unknownSettlement(this.#options.parts, held, delayMs)
      return { task: held, settlement, record: undefined }
    }
    const { task, needs } = held.envelope
    const plugin = needs ? ` and plug "${needs}" in` : ''
    const error = new QueueError(
      'UNKNOWN_TASK',
      `No worker of queue "${held.source.queue}" knows the task "${task}". Register a handler: worker.handle(task, …)${plugin}.`,
    )
    return this.#options.executor.dead(held, `unknown task: ${error.message}`, error)
  }
}

function poison(held: HeldTask): QueueError {
  return new QueueError(
    'TASK_FAILED',
    `Task "${held.envelope.task}" (${held.id}) was handed to ${held.crashes} workers that died or stalled with it.`,
  )
}

/** Many messages of a queue share their headers, and some adapters give all of these the same object. */
class EnvelopeReader {
  #headers: Headers | undefined
  #envelope: Envelope | undefined

  read({ message: { id, headers } }: Delivery): Envelope | QueueError {
    if (this.#envelope !== undefined && headers === this.#headers) return this.#envelope
    const envelope = read(id, headers)
    if (envelope instanceof QueueError) return envelope
    this.#headers = headers
    this.#envelope = envelope
    return envelope
  }
}

const UNREADABLE: Envelope = readEnvelope('', { 'bananas-task': '(unreadable)' })

function read(id: string, headers: Headers): Envelope | QueueError {
  try {
    return readEnvelope(id, headers)
  } catch (error) {
    return QueueError.is(error)
      ? error
      : new QueueError('UNDECODABLE', 'The headers cannot be read.', { cause: error })
  }
}
