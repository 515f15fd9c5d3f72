import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Bananas, QueueError } from '@bananasjs/core'
import { systemRuntime } from '@bananasjs/core/contract'
import type { Transport } from '@bananasjs/core/contract'
import { NO_BITES, sumBites } from '../faults/bites.ts'
import { ChaosController } from '../faults/chaos-controller.ts'
import type { FaultSite } from '../faults/fault-site.ts'
import { Crew } from '../process/crew.ts'
import type { Death } from '../process/crew.ts'
import { FactReader } from './facts.ts'
import { childrenLine } from './line.ts'
import type { OwnWork } from './own-work.ts'
import { RemoteSite } from './remote-site.ts'
import { HistoryFolder } from './run-history.ts'
import type { Stage } from './stage.ts'
import { WORKER_VARIABLE } from './worker-process.ts'
import type { WorkerSetting } from './worker-process.ts'
import { CONTROL_QUEUE, WORK_QUEUE } from './work.ts'

export interface ProcessStageOptions {
  /** Program that calls `runChaosWorker`, and its arguments. */
  readonly worker: {
    readonly module: string
    readonly args?: readonly string[] | undefined
    readonly execArgv?: readonly string[] | undefined
    readonly env?: Readonly<Record<string, string>> | undefined
  }
  /** Arguments for workers of the control group, in place of `worker.args`: past the proxy. */
  readonly controlArgs?: readonly string[] | undefined
  /** A new client each time: for the one who sends, on the way that faults lie on. */
  readonly transport: () => Transport | Promise<Transport>
  /** The same past all faults. Default: as `transport`. */
  readonly plainTransport?: (() => Transport | Promise<Transport>) | undefined
  /** Default 4; one more works for the control group. */
  readonly workers?: number | undefined
  readonly concurrency?: number | undefined
  readonly leaseMs?: number | undefined
  /** Workers that may die with a task before it is set aside as poison. Default 5, as for every worker. */
  readonly maxCrashes?: number | undefined
  /** Further places for faults: a proxy, a server. They are not closed here. */
  readonly sites?: readonly FaultSite[] | undefined
  readonly namespace?: string | undefined
  readonly summary?: string | undefined
  /** Write down what happens, so that all promises can be judged: some 2 kB a task in a temporary folder. Default true. */
  readonly history?: boolean | undefined
  /** Your own task in place of the load's; the worker program gives the same to `runChaosWorker`. */
  readonly own?: OwnWork | undefined
}

interface Backstage {
  readonly run: string
  readonly folder: string
  readonly namespace: string
  readonly deaths: Death[]
  readonly adopt: (child: ChildProcess) => void
}

const WORKERS = 4

/** Worker processes of the experiment's own, which may be killed. What they did stands in files that survive them. */
export async function processStage(options: ProcessStageOptions): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'bananas-chaos-'))
  const namespace = options.namespace ?? 'bananas-chaos'
  const run = systemRuntime.id()
  const chaos = new ChaosController({ enabled: true, name: 'sender' })
  const deaths: Death[] = []
  const line = childrenLine(() => crews[0]!.children)
  const crews = crewsOf(options, { run, folder, namespace, deaths, adopt: (child) => line.adopt(child) })
  const remote = new RemoteSite(line)
  const plain = await (options.plainTransport ?? options.transport)()
  const history = new HistoryFolder(options.history !== false, folder)
  const sent = history.recording('sender').transport(await options.transport())
  const seen = history.recording('observer').transport(plain)
  const sender = new Bananas({ transport: chaos.transport(sent), namespace })
  const observer = new Bananas({ transport: seen, namespace })
  const reader = new FactReader(folder)
  const close = async (): Promise<void> => {
    await chaos.calm()
    await remote[Symbol.asyncDispose]()
    await Promise.all(crews.map((crew) => crew.close()))
    await Promise.all([sender.close(), observer.close()])
    reader.close()
    history.close()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await Promise.all([sender.open(), observer.open()])
  } catch (error) {
    await close()
    throw error
  }
  return {
    sender,
    observer,
    run,
    parts: plain,
    sites: [both(chaos, remote), ...crews.slice(0, 1), ...(options.sites ?? [])],
    async start() {
      const children = crews.flatMap((crew) => crew.start().children)
      await Promise.all(children.map(ready))
    },
    facts: () => reader.read(),
    deaths,
    own: options.own,
    ...history.of(plain.broker, options),
    summary: options.summary ?? `${observer.broker.name}, ${options.workers ?? WORKERS} worker processes`,
    [Symbol.asyncDispose]: close,
  }
}

/** Those that may be hurt, and one for the control group. */
function crewsOf(
  options: ProcessStageOptions,
  { run, folder, namespace, deaths, adopt }: Backstage,
): readonly Crew[] {
  const { concurrency = 10, leaseMs = 3000, maxCrashes, workers = WORKERS, worker, controlArgs } = options
  const onExit = (death: Death): void => void deaths.push(death)
  const history = options.history !== false
  const setting = { run, folder, namespace, concurrency, leaseMs, maxCrashes, history }
  return [
    new Crew({
      size: workers,
      name: 'worker',
      onExit,
      spawn(name) {
        const child = start(options, { ...setting, queue: WORK_QUEUE, name }, worker.args)
        adopt(child)
        return child
      },
    }),
    new Crew({
      size: 1,
      name: 'control',
      onExit,
      spawn: (name) => start(options, { ...setting, queue: CONTROL_QUEUE, name }, controlArgs ?? worker.args),
    }),
  ]
}

function start(
  { worker }: ProcessStageOptions,
  setting: WorkerSetting,
  args: readonly string[] | undefined,
): ChildProcess {
  return fork(worker.module, [...(args ?? [])], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: [...(worker.execArgv ?? ['--no-warnings'])],
    env: { ...process.env, ...worker.env, [WORKER_VARIABLE]: JSON.stringify(setting) },
  })
}

const READY_MS = 60_000

/** It says so with its first message. */
async function ready(child: ChildProcess): Promise<void> {
  const late = new AbortController()
  const timer = systemRuntime.setTimer(() => late.abort(), READY_MS)
  const { signal } = late
  try {
    await Promise.race([once(child, 'message', { signal }), once(child, 'exit', { signal }).then(gone)])
  } catch (cause) {
    throw new QueueError('CONNECTION_LOST', `A worker process did not start within ${READY_MS} ms.`, {
      cause,
    })
  } finally {
    timer.cancel()
    late.abort()
  }
}

function gone(): never {
  throw new Error('it ended')
}

/** A fault of an application is one of all its processes: the one that sends and those that work. */
function both(here: ChaosController, there: RemoteSite): FaultSite {
  return {
    name: 'application',
    kinds: there.kinds,
    async arm(fault, options) {
      // Only workers run tasks, and only they are there to die.
      const own = fault.kind.startsWith('task.') ? undefined : here.arm(fault, options)
      const others = there.arm(fault, options)
      return {
        fault,
        bites: () => sumBites([own?.bites() ?? NO_BITES, others.bites()]),
        scale(share) {
          own?.scale(share)
          others.scale(share)
        },
        prolong(forMs) {
          own?.prolong(forMs)
          others.prolong(forMs)
        },
        async disarm() {
          await Promise.all([own?.disarm(), others.disarm()])
        },
      }
    },
    targets: (fault) => [
      ...(fault.kind.startsWith('task.') ? [] : here.targets(fault)),
      ...there.targets(fault),
    ],
  }
}
