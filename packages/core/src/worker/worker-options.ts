import { checkQueueName } from '../contract/check-message.ts'
import { QueueError } from '../errors.ts'
import { parseDuration } from '../task/duration.ts'
import type { Duration } from '../task/duration.ts'
import { checkChoice, checkId } from '../task/check-values.ts'
import { checkOptions } from '../task/check-options.ts'
import type { EventMode } from '../task/event-publisher.ts'
import { show } from '../task/show.ts'
import { withDefaults } from '../task/with-defaults.ts'

export interface WorkerOptions {
  /** Names, or names with weights: `{ critical: 6, default: 3, low: 1 }`. Default `['default']`. */
  readonly queues?: readonly string[] | Readonly<Record<string, number>>
  /** Earlier queues first, always; later ones wait while earlier have work. Default `false`: by weight, nobody starves. */
  readonly strict?: boolean
  /** Handlers running at once. Default 10. Changes at run time: `worker.concurrency = 20`. */
  readonly concurrency?: number
  /** How long a task belongs to this worker without a sign of life. Renewed while the handler runs. Default 15 s. */
  readonly lease?: Duration
  /** Keep leases alive from a second thread while a handler blocks the event loop. Default `true`, where the transport allows it. */
  readonly leaseThread?: boolean
  /** Fetch ahead of free slots. `'auto'` (default) does so only for tasks of a few milliseconds; `false` never. */
  readonly prefetch?: 'auto' | false
  /** Workers that may die with a task before it is dead-lettered as poison. Default 5. */
  readonly maxCrashes?: number
  /** How long `stop` waits for running handlers before their signals abort. Default 20 s. */
  readonly drain?: Duration
  /** Shown in events and replies. Default: host, process id and a random part. */
  readonly id?: string
  /** Default `'on-demand'`: events are sent only while somebody listens. */
  readonly events?: EventMode
  /** Signals on which `run` drains. Default SIGTERM and SIGINT; a second one stops at once. */
  readonly signals?: readonly NodeJS.Signals[]
  /** Hears of everything that went wrong and was dealt with. Default: one line each on standard error. */
  readonly onError?: (error: QueueError) => void
}

export interface QueueWeight {
  readonly queue: string
  readonly weight: number
}

export interface WorkerSettings {
  readonly queues: readonly QueueWeight[]
  readonly strict: boolean
  readonly concurrency: number
  readonly leaseMs: number
  readonly leaseThread: boolean
  readonly prefetch: 'auto' | false
  readonly maxCrashes: number
  readonly drainMs: number
  readonly events: EventMode
  readonly signals: readonly NodeJS.Signals[]
  readonly onError: (error: QueueError) => void
}

const SHORTEST_LEASE_MS = 100
/** Beyond it their sum would leave what numbers can tell apart. */
const LARGEST_WEIGHT = 1_000_000
const DEFAULTS: Required<Omit<WorkerOptions, 'id'>> = {
  queues: ['default'],
  strict: false,
  concurrency: 10,
  lease: '15s',
  leaseThread: true,
  prefetch: 'auto',
  maxCrashes: 5,
  drain: '20s',
  events: 'on-demand',
  signals: ['SIGTERM', 'SIGINT'],
  onError: (error) => void process.stderr.write(`bananas: ${error.code}: ${error.message}\n`),
}

const KNOWN: Readonly<Record<keyof WorkerOptions, true>> = {
  queues: true,
  strict: true,
  concurrency: true,
  lease: true,
  leaseThread: true,
  prefetch: true,
  maxCrashes: true,
  drain: true,
  id: true,
  events: true,
  signals: true,
  onError: true,
}

/** @throws QueueError INVALID naming the option */
export function workerSettings(options: WorkerOptions): WorkerSettings {
  checkOptions(options, KNOWN, 'worker')
  const given = withDefaults(DEFAULTS, options)
  checkChoices(given, options.id)
  const leaseMs = parseDuration(given.lease, 'worker: lease')
  if (leaseMs < SHORTEST_LEASE_MS)
    throw new QueueError('INVALID', `worker: lease must be at least ${SHORTEST_LEASE_MS} ms, not ${leaseMs}.`)
  return {
    queues: queueWeights(given.queues),
    strict: given.strict,
    concurrency: checkConcurrency(given.concurrency),
    leaseMs,
    leaseThread: given.leaseThread,
    prefetch: given.prefetch,
    maxCrashes: checkCount(given.maxCrashes, 'worker: maxCrashes'),
    drainMs: parseDuration(given.drain, 'worker: drain'),
    events: given.events,
    signals: given.signals,
    onError: guarded(given.onError),
  }
}

function checkChoices(given: Required<Omit<WorkerOptions, 'id'>>, id: string | undefined): void {
  if (id !== undefined) checkId(id, 'worker: id')
  checkChoice(given.strict, [true, false], 'worker: strict')
  checkChoice(given.leaseThread, [true, false], 'worker: leaseThread')
  checkChoice(given.prefetch, ['auto', false], 'worker: prefetch')
  checkChoice(given.events, ['on-demand', 'always', 'off'], 'worker: events')
  if (typeof given.onError !== 'function')
    throw new QueueError('INVALID', `worker: onError must be a function, not ${show(given.onError)}.`)
}

/** A listener that throws must not break what it was told of. */
function guarded(listener: (error: QueueError) => void): (error: QueueError) => void {
  return (error) => {
    try {
      listener(error)
    } catch (cause) {
      DEFAULTS.onError(error)
      DEFAULTS.onError(new QueueError('INVALID', `onError itself threw ${show(cause)}.`, { cause }))
    }
  }
}

/** @throws QueueError INVALID unless a whole number of at least 1 */
export function checkConcurrency(value: number): number {
  return checkCount(value, 'worker: concurrency')
}

function checkCount(value: number, label: string): number {
  if (Number.isInteger(value) && value >= 1) return value
  throw new QueueError('INVALID', `${label} must be a whole number of at least 1, not ${show(value)}.`)
}

function queueWeights(queues: readonly string[] | Readonly<Record<string, number>>): readonly QueueWeight[] {
  if (typeof queues !== 'object' || queues === null)
    throw new QueueError(
      'INVALID',
      `worker: queues must be a list of names, or names with weights, not ${show(queues)}.`,
    )
  const given = Array.isArray(queues)
    ? queues.map((queue: string) => ({ queue, weight: 1 }))
    : Object.entries(queues).map(([queue, weight]) => ({ queue, weight: weight as number }))
  if (given.length === 0) throw new QueueError('INVALID', 'worker: queues is empty. Name at least one queue.')
  const seen = new Set<string>()
  for (const { queue, weight } of given) {
    checkQueueName(queue)
    if (typeof weight !== 'number' || !(weight > 0 && weight <= LARGEST_WEIGHT))
      throw new QueueError(
        'INVALID',
        `worker: the weight of queue "${queue}" must be a number above 0, at most ${LARGEST_WEIGHT}, not ${show(weight)}.`,
      )
    if (seen.has(queue)) throw new QueueError('INVALID', `worker: queue "${queue}" is named twice.`)
    seen.add(queue)
  }
  return given
}
