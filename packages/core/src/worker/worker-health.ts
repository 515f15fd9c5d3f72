import type { Source } from './source.ts'
import type { TaskPool } from './task-pool.ts'

export interface WorkerHealth {
  /** `stalled`: a queue has not been read from for longer than a receive can take, though there was room. */
  readonly status: 'idle' | 'running' | 'paused' | 'stalled' | 'stopped'
  readonly active: number
  /** Fetched ahead, not started. */
  readonly waiting: number
  /** Handlers that ran past their hard limit and were given up, but still run. */
  readonly zombies: number
  /** Milliseconds since the longest running handler started. */
  readonly oldestActiveMs: number
  /** Milliseconds since each queue was last read from in good order. */
  readonly lastReceiveMs: Readonly<Record<string, number>>
}

export type WorkerState = 'new' | 'starting' | 'running' | 'stopping' | 'stopped'

export interface HealthView {
  readonly state: WorkerState
  readonly sources: readonly Source[]
  readonly pool: TaskPool
  readonly room: number
  /** Epoch and monotonic ms. */
  readonly now: number
  readonly monotonic: number
}

/** Longer than a receive and its watchdog together. */
const STALLED_MS = 25_000

/** Liveness means having fetched lately, not having a connection. */
export function workerHealth(view: HealthView): WorkerHealth {
  const { pool, sources, monotonic, now } = view
  const lastReceiveMs: Record<string, number> = {}
  for (const source of sources) lastReceiveMs[source.lane] = Math.round(monotonic - source.lastReceiveAt)
  const started = pool
    .tasks()
    .map((task) => task.startedAt)
    .filter((at) => at > 0)
  const oldestActiveMs = started.length === 0 ? 0 : now - Math.min(...started)
  return {
    status: statusOf(view),
    active: pool.active,
    waiting: pool.waiting,
    zombies: pool.zombies,
    oldestActiveMs,
    lastReceiveMs,
  }
}

function statusOf({ state, sources, pool, room, monotonic }: HealthView): WorkerHealth['status'] {
  if (state === 'stopped') return 'stopped'
  if (state === 'new') return 'idle'
  const open = sources.filter((source) => !source.paused)
  if (open.length === 0) return 'paused'
  if (room > 0 && open.some((source) => monotonic - source.lastReceiveAt > STALLED_MS)) return 'stalled'
  return pool.active > 0 ? 'running' : 'idle'
}
