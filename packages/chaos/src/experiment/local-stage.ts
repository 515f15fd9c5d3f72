import { Bananas } from '@bananasjs/core'
import type { Worker, WorkerOptions } from '@bananasjs/core'
import { systemRuntime } from '@bananasjs/core/contract'
import type { Transport } from '@bananasjs/core/contract'
import { ChaosController } from '../faults/chaos-controller.ts'
import type { FaultSite } from '../faults/fault-site.ts'
import { witness } from './facts.ts'
import type { RunFact } from './ledger.ts'
import { HistoryFolder } from './run-history.ts'
import type { Stage } from './stage.ts'
import type { OwnWork } from './own-work.ts'
import { CONTROL_QUEUE, handleWork, rightOf, WORK_QUEUE } from './work.ts'

export interface LocalStageOptions {
  /** A new client on the same store each time. */
  readonly transport: () => Transport | Promise<Transport>
  /** Default 2. */
  readonly workers?: number | undefined
  readonly worker?: Omit<WorkerOptions, 'queues'> | undefined
  /** Further places for faults: a proxy, a server. They are not closed here. */
  readonly sites?: readonly FaultSite[] | undefined
  readonly namespace?: string | undefined
  /** Write down what happens, so that all promises can be judged: some 2 kB a task in a temporary folder. Default true. */
  readonly history?: boolean | undefined
  /** Your own task in place of the load's. */
  readonly own?: OwnWork | undefined
}

const WORKERS = 2

/** Everything in this process: for any broker, without starting others. Nothing can be killed here. */
export async function localStage(options: LocalStageOptions): Promise<Stage> {
  const chaos = new ChaosController({ enabled: true })
  const run = systemRuntime.id()
  const namespace = options.namespace ?? 'bananas-chaos'
  const found: RunFact[] = []
  const seen = witness((fact) => void found.push(fact), run, rightOf(options.own))
  const plain = await options.transport()
  const history = new HistoryFolder(options.history !== false)
  const [beside, within] = [history.recording('observer'), history.recording('application')]
  const observer = new Bananas({
    transport: beside.transport(plain),
    plugins: [...beside.plugins, seen],
    namespace,
  })
  const sender = new Bananas({
    transport: chaos.transport(within.transport(await options.transport())),
    plugins: [...within.plugins, seen, chaos.plugin],
    runtime: chaos.skewed,
    namespace,
  })
  const apps = [sender, observer]
  const workers = workersOf(options, sender, observer)
  try {
    await Promise.all(apps.map((app) => app.open()))
  } catch (error) {
    await Promise.allSettled(apps.map((app) => app.close()))
    history.close()
    throw error
  }
  return {
    sender,
    observer,
    run,
    parts: plain,
    sites: [chaos, ...(options.sites ?? [])],
    async start() {
      await Promise.all(workers.map(async (worker) => (await handleWork(worker, options.own)).start()))
    },
    facts: () => found.splice(0),
    deaths: [],
    own: options.own,
    ...history.of(plain.broker, options.worker),
    summary: `${plain.broker.name}, ${options.workers ?? WORKERS} workers in this process`,
    async [Symbol.asyncDispose]() {
      await chaos.calm()
      await Promise.all(apps.map((app) => app.close()))
      history.close()
    },
  }
}

function workersOf(
  { worker, workers = WORKERS }: LocalStageOptions,
  sender: Bananas,
  observer: Bananas,
): readonly Worker[] {
  const given = { onError: () => undefined, signals: [], drain: '5s', ...worker } as const
  return [
    ...Array.from({ length: workers }, () => sender.worker({ ...given, queues: [WORK_QUEUE] })),
    observer.worker({ ...given, queues: [CONTROL_QUEUE] }),
  ]
}
