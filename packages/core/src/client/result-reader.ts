import type { ResultRecord } from '../contract/result-backend.ts'
import { watchByPolling } from '../emulation/watch-by-polling.ts'
import { QueueError } from '../errors.ts'
import { parseDuration } from '../task/duration.ts'
import type { Duration } from '../task/duration.ts'
import { isErrorRecord, rebuildError } from '../task/error-record.ts'
import { DEFAULT_CONTENT_TYPE } from '../task/envelope.ts'
import { requireResults, serializerFor } from '../task/parts.ts'
import type { Parts } from '../task/parts.ts'
import { decodeResultValue } from '../task/result-value.ts'
import type { ResultFacts } from '../task/result-value.ts'

export interface WaitOptions {
  /** RESULT_TIMEOUT after this long. Default 5 minutes. The task itself goes on. */
  readonly timeout?: Duration
  readonly signal?: AbortSignal
}

/** What is known of a task now. `unknown`: not started, never stored, or forgotten. */
export interface TaskStatus extends ResultFacts {
  readonly id: string
  readonly state: ResultRecord['state'] | 'unknown'
}

interface Waiter {
  readonly resolve: (record: ResultRecord) => void
  readonly reject: (error: unknown) => void
}

const DEFAULT_TIMEOUT = '5m'

/** Reads results, and waits for them: all waits of one turn share one watch. */
export class ResultReader {
  readonly #parts: Parts
  #gathering: Map<string, Set<Waiter>> | undefined

  constructor(parts: Parts) {
    this.#parts = parts
  }

  async status(id: string): Promise<TaskStatus> {
    await this.#parts.ready()
    const [record] = await requireResults(this.#parts, 'Asking for a status').get([id])
    if (record === undefined) return { id, state: 'unknown' }
    return { id, state: record.state, ...decodeResultValue(id, record.value).facts }
  }

  /** What the handler returned. @throws QueueError TASK_FAILED (`cause` is the handler's error), TASK_CANCELLED, TASK_TIMEOUT, RESULT_TIMEOUT */
  async result(id: string, options: WaitOptions = {}): Promise<unknown> {
    const timeoutMs = parseDuration(options.timeout ?? DEFAULT_TIMEOUT, 'timeout')
    await this.#parts.ready()
    requireResults(this.#parts, 'Waiting for a result')
    return this.#open(await this.#final(id, timeoutMs, options.signal))
  }

  #final(id: string, timeoutMs: number, signal: AbortSignal | undefined): Promise<ResultRecord> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const leave = this.#join(id, {
        resolve: (record) => done(() => resolve(record)),
        reject: (error) => done(() => reject(error)),
      })
      const timer = this.#parts.runtime.setTimer(() => {
        done(() =>
          reject(
            new QueueError(
              'RESULT_TIMEOUT',
              `Task ${id} has no final result after ${timeoutMs} ms. It goes on; wait longer with { timeout }, or ask for its status.`,
            ),
          ),
        )
      }, timeoutMs)
      const onAbort = (): void => done(() => reject(signal?.reason))
      signal?.addEventListener('abort', onAbort, { once: true })
      function done(finish: () => void): void {
        timer.cancel()
        signal?.removeEventListener('abort', onAbort)
        leave()
        finish()
      }
    })
  }

  #join(id: string, waiter: Waiter): () => void {
    let group = this.#gathering
    if (group === undefined) {
      group = this.#gathering = new Map()
      const started = group
      this.#parts.runtime.nextTurn(() => {
        this.#gathering = undefined
        void this.#watch(started)
      })
    }
    const waiters = group.get(id) ?? new Set()
    group.set(id, waiters.add(waiter))
    return () => {
      waiters.delete(waiter)
      if (waiters.size === 0) this.#leave(group, id)
    }
  }

  #leave(group: Map<string, Set<Waiter>>, id: string): void {
    group.delete(id)
    if (group.size === 0) this.#aborts.get(group)?.abort()
  }

  readonly #aborts = new WeakMap<Map<string, Set<Waiter>>, AbortController>()

  async #watch(group: Map<string, Set<Waiter>>): Promise<void> {
    if (group.size === 0) return
    const controller = new AbortController()
    this.#aborts.set(group, controller)
    const backend = this.#parts.results!
    const options = { signal: controller.signal, runtime: this.#parts.runtime }
    try {
      const records =
        backend.watch?.([...group.keys()], options) ?? watchByPolling(backend, [...group.keys()], options)
      for await (const record of records) {
        for (const waiter of [...(group.get(record.id) ?? [])]) waiter.resolve(record)
      }
      this.#fail(group, new QueueError('CLOSED', 'The result backend was closed while a result was awaited.'))
    } catch (error) {
      this.#fail(group, error)
    }
  }

  #fail(group: Map<string, Set<Waiter>>, error: unknown): void {
    for (const waiters of [...group.values()]) for (const waiter of [...waiters]) waiter.reject(error)
  }

  #open(record: ResultRecord): unknown {
    const { facts, body } = decodeResultValue(record.id, record.value)
    if (record.state === 'succeeded')
      return serializerFor(this.#parts, facts.contentType ?? DEFAULT_CONTENT_TYPE).decode(body)
    throw failure(record, facts)
  }
}

function failure(record: ResultRecord, facts: ResultFacts): QueueError {
  const subject = `Task ${facts.task === undefined ? record.id : `"${facts.task}" (${record.id})`}`
  const why = facts.reason === undefined ? '' : `: ${facts.reason}`
  if (record.state === 'cancelled') return new QueueError('TASK_CANCELLED', `${subject} was revoked${why}.`)
  if (record.state === 'expired')
    return new QueueError('TASK_CANCELLED', `${subject} expired before it could start.`)
  const { error } = facts
  if (!isErrorRecord(error)) return new QueueError('TASK_FAILED', `${subject} failed${why}.`)
  return new QueueError(
    error.code === 'TASK_TIMEOUT' ? 'TASK_TIMEOUT' : 'TASK_FAILED',
    `${subject} failed: ${error.message}`,
    { cause: rebuildError(error) },
  )
}
