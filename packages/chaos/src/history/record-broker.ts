import { QueueError } from '@bananasjs/core/contract'
import type { Broker, DeadLetters, Failure, Message } from '@bananasjs/core/contract'
import type { EventBody, History } from './history-event.ts'
import { letterOf } from './record-end.ts'
import { recordConsumer } from './record-consumer.ts'
import { sendOf } from './send-event.ts'
import { header } from './wire-headers.ts'

export interface RecordBrokerOptions {
  /** Stands beside the store, so that what it answers is so at that very moment, and each accepted copy is told. */
  readonly beside?: boolean
  /** The wall clock of whoever sends, by which tasks expire. */
  readonly wallNow?: () => number
}

/** A broker whose traffic is written down. */
export function recordBroker(inner: Broker, history: History, options: RecordBrokerOptions = {}): Broker {
  const recorded: Broker = {
    name: inner.name,
    supports: inner.supports,
    open: (abortable) => inner.open(abortable),
    close: () => inner.close(),
    [Symbol.asyncDispose]: () => inner.close(),
    publish: options.beside
      ? async (queue, messages, abortable) =>
          storing(history, messages, await inner.publish(queue, messages, abortable))
      : (queue, messages, abortable) =>
          publish(inner, history, { queue, messages, abortable, wallNow: options.wallNow ?? Date.now }),
    consume: async (queue, wanted) =>
      recordConsumer(await inner.consume(queue, wanted), history, { queue, ...options, ...wanted }),
    ...(inner.inspect && { inspect: (queue, abortable) => inner.inspect!(queue, abortable) }),
    ...(inner.queues && { queues: (abortable) => inner.queues!(abortable) }),
    ...(inner.peek && { peek: (queue, limit, abortable) => inner.peek!(queue, limit, abortable) }),
    ...(inner.purge && { purge: (queue, abortable) => inner.purge!(queue, abortable) }),
    ...(inner.onNotice && { onNotice: (listener) => inner.onNotice!(listener) }),
    ...(inner.deadLetters && { deadLetters: recordDeadLetters(inner.deadLetters, history) }),
  }
  // Read through, because `open` may narrow it.
  return Object.defineProperty(recorded, 'supports', { get: () => inner.supports, enumerable: true })
}

interface Publishing {
  readonly queue: string
  readonly messages: readonly Message[]
  readonly abortable: Parameters<Broker['publish']>[2]
  readonly wallNow: () => number
}

async function publish(
  inner: Broker,
  history: History,
  { queue, messages, abortable, wallNow }: Publishing,
): Promise<readonly Failure[]> {
  if (messages.length === 0) return inner.publish(queue, messages, abortable)
  const now = wallNow()
  history.write(...messages.map((message) => sendOf(message, queue, now)))
  try {
    const failures = await inner.publish(queue, messages, abortable)
    const refused = new Map(failures.map(({ index, error }) => [index, error.code]))
    history.write(...messages.map((message, index) => answerTo(message, refused.get(index))))
    return failures
  } catch (error) {
    history.write(...messages.map(({ id }): EventBody => unstored(id, error)))
    throw error
  }
}

function answerTo({ id, headers }: Message, refusal: string | undefined): EventBody {
  if (refusal !== undefined) return { kind: 'refused', task: id, code: refusal }
  const unique = headers[header.unique]
  return { kind: 'sent', task: id, ...(unique !== undefined && { unique }) }
}

/** Errors that say for certain that nothing was stored; after any other it may have been. */
const DEFINITE: ReadonlySet<string> = new Set(['INVALID', 'CLOSED', 'UNSUPPORTED', 'TOO_LARGE', 'DENIED'])

function unstored(task: string, error: unknown): EventBody {
  return QueueError.is(error) && DEFINITE.has(error.code)
    ? { kind: 'refused', task, code: error.code }
    : { kind: 'unsure', task }
}

function storing(
  history: History,
  messages: readonly Message[],
  failures: readonly Failure[],
): readonly Failure[] {
  const refused = new Set(failures.map(({ index }) => index))
  const stored = messages.filter((_, index) => !refused.has(index))
  if (stored.length > 0) history.write(...stored.map(({ id }): EventBody => ({ kind: 'stored', task: id })))
  return failures
}

function recordDeadLetters(inner: DeadLetters, history: History): DeadLetters {
  return {
    async list(queue, options) {
      const page = await inner.list(queue, options)
      if (page.letters.length > 0) history.write(...page.letters.map((letter) => letterOf(letter, queue)))
      return page
    },
    redrive(queue, options) {
      const tasks = options?.ids
      history.write({ kind: 'redrive', queue, ...(tasks !== undefined && { tasks }) })
      return inner.redrive(queue, options)
    },
    drop: (queue, options) => inner.drop(queue, options),
  }
}
