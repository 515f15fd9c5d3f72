import { lanesOf } from '../emulation/priority-lanes.ts'
import type { Envelope } from '../task/envelope.ts'
import { EventPublisher } from '../task/event-publisher.ts'
import type { Parts } from '../task/parts.ts'
import { Executor } from './executor.ts'
import { tooLarge } from './failure-policy.ts'
import type { Registration } from './executor.ts'
import { FetchLoop } from './fetch-loop.ts'
import { Intake } from './intake.ts'
import type { HeldTask } from './held-task.ts'
import { LeaseKeeper } from './lease-keeper.ts'
import { PrefetchWindow } from './prefetch-window.ts'
import { Reception, SETTLING } from './reception.ts'
import { RevocationWatch } from './revocation-watch.ts'
import { SettleBatcher } from './settle-batcher.ts'
import type { SettleBatcherOptions } from './settle-batcher.ts'
import { Source } from './source.ts'
import { TaskPool } from './task-pool.ts'
import { tellPlugins } from './tell-plugins.ts'
import type { WorkerSettings } from './worker-options.ts'

/** The moving parts of one worker, wired: broker → loop → reception → pool → batcher → broker. */
export interface Engine {
  readonly events: EventPublisher
  readonly sources: readonly Source[]
  readonly leases: LeaseKeeper
  readonly batcher: SettleBatcher
  readonly pool: TaskPool
  readonly loop: FetchLoop
  readonly revocations: RevocationWatch
}

export interface Crew {
  readonly workerId: string
  readonly handlers: ReadonlyMap<string, Registration>
}

export function createEngine(parts: Parts, settings: WorkerSettings, { workerId, handlers }: Crew): Engine {
  const { runtime, broker } = parts
  const events = new EventPublisher(parts, workerId, settings.events)
  const host = { parts, events, workerId }
  const sources = createSources(parts, settings)
  const leases = new LeaseKeeper(runtime, settings.leaseMs, broker.supports.lease)
  const onGone = (task: HeldTask): void => {
    leases.remove(task)
    loop.notify()
  }
  const batcher = createBatcher(parts, settings, {
    onGone,
    onFlush: () => loop.notify(),
    giveUp: ({ task, cause }, error) => executor.dead(task, tooLarge(task, cause), cause ?? error),
  })
  const onZombie = (ended: Promise<unknown>): void => pool.noteZombie(ended)
  const executor: Executor = new Executor({ ...host, handlers, onZombie })
  const plugins = new Set(parts.plugins.map((plugin) => plugin.name))
  const knows = ({ task, needs }: Envelope): boolean =>
    handlers.has(task) && (needs === undefined || plugins.has(needs))
  const intake = new Intake({ ...settings, ...host, executor, knows })
  const window = new PrefetchWindow(runtime)
  const pool = new TaskPool(settings.concurrency, { executor, intake, batcher, window, onGone })
  const revocations = new RevocationWatch(parts)
  const reception = new Reception({
    intake,
    leases,
    batcher,
    pool,
    revocations,
    events,
    window: settings.prefetch === false ? undefined : window,
    maxBatch: broker.supports.maxBatch,
    onGone,
  })
  const loop: FetchLoop = new FetchLoop({
    sources,
    strict: settings.strict,
    room: () => reception.room(),
    accept: (source, deliveries) => reception.accept(source, deliveries),
  })
  return { events, sources, leases, batcher, pool, loop, revocations }
}

function createBatcher(
  parts: Parts,
  settings: WorkerSettings,
  wiring: Pick<SettleBatcherOptions, 'onGone' | 'onFlush' | 'giveUp'>,
): SettleBatcher {
  return new SettleBatcher({
    runtime: parts.runtime,
    results: parts.results,
    maxBatch: parts.broker.supports.maxBatch,
    onError: settings.onError,
    finish: tellPlugins(parts.plugins),
    ...wiring,
  })
}

function createSources(parts: Parts, settings: WorkerSettings): readonly Source[] {
  const { broker, runtime } = parts
  const { leaseMs, onError } = settings
  const prefetch = settings.concurrency + SETTLING
  return settings.queues.flatMap(({ queue, weight }) =>
    lanesOf(queue, parts.lanes).map((lane) => {
      const share = weight * lane.weight
      return new Source({
        broker,
        runtime,
        lane: lane.queue,
        queue,
        weight: share,
        leaseMs,
        prefetch,
        onError,
      })
    }),
  )
}
