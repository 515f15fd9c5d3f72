import { checkQueueName } from '../contract/check-message.ts'
import { QueueError } from '../errors.ts'
import { parseDuration } from '../task/duration.ts'
import type { Duration } from '../task/duration.ts'
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

/** @throws QueueError INVALID naming the option */
export function workerSettings(options: WorkerOptions): WorkerSettings {
  const given = withDefaults(DEFAULTS, options)
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
    onError: given.onError,
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
  const given = Array.isArray(queues)
    ? queues.map((queue: string) => ({ queue, weight: 1 }))
    : Object.entries(queues).map(([queue, weight]) => ({ queue, weight: weight as number }))
  if (given.length === 0) throw new QueueError('INVALID', 'worker: queues is empty. Name at least one queue.')
  const seen = new Set<string>()
  for (const { queue, weight } of given) {
    checkQueueName(queue)
    if (!(weight > 0 && Number.isFinite(weight)))
      throw new QueueError(
        'INVALID',
        `worker: the weight of queue "${queue}" must be a number above 0, not ${show(weight)}.`,
      )
    if (seen.has(queue)) throw new QueueError('INVALID', `worker: queue "${queue}" is named twice.`)
    seen.add(queue)
  }
  return given
}
