import { fileURLToPath } from 'node:url'
import { processStage, runExperiment, ServerSite, tcpProxy } from '@bananasjs/chaos'
import type { Experiment, FaultKind, FaultSite, Report } from '@bananasjs/chaos'
import type { BrokerOnTrial, Starter } from '../matrix/broker-on-trial.ts'
import { transportFor } from '../transport.ts'

/** Of the tasks of an experiment. */
const QUEUE = 'chaos'
/**
 * As many as an attempt may fail in these experiments, which kill each worker after eight seconds or so and cut its
 * connections: with the five of the default, a task that nobody was ever given may be taken for poison, when its hand-overs
 * went to polls of workers that were gone.
 */
const MAX_CRASHES = 20
const WORKER = fileURLToPath(new URL('worker-process.ts', import.meta.url))

export interface RunOnOptions {
  readonly workers?: number
  readonly concurrency?: number
  /** Default true; some 2 kB a task. */
  readonly history?: boolean
  readonly onProgress?: (text: string) => void
}

/** Runs an experiment on a broker started for it, with worker processes and, where it has one address, a proxy before it. */
export async function runOn(
  starter: Starter,
  given: Experiment,
  options: RunOnOptions = {},
): Promise<Report> {
  const experiment = fitting(given, starter)
  const broker = await starter.start()
  try {
    return await runAt(broker, { experiment, starter, options })
  } finally {
    await broker.stop()
  }
}

/** Is anything of it left on this broker? */
export function canRun(experiment: Experiment, starter: Starter): boolean {
  return fitting(experiment, starter).method.length > 0
}

/** Without the steps that this broker has no place for: one without a network has no link. */
function fitting({ method, ...rest }: Experiment, { can }: Starter): Experiment {
  return { ...rest, method: method.filter(({ kind }) => has(can, kind)) }
}

function has(can: Starter['can'], kind: FaultKind): boolean {
  if (kind.startsWith('link.')) return can.includes('link')
  if (kind === 'server.kill') return can.includes('restart')
  if (kind === 'server.failover') return can.includes('failover')
  return !kind.startsWith('server.')
}

async function runAt(
  broker: BrokerOnTrial,
  { experiment, starter, options }: { experiment: Experiment; starter: Starter; options: RunOnOptions },
): Promise<Report> {
  const { address, url } = broker
  const proxy = address === undefined ? undefined : await tcpProxy({ upstream: address })
  const hurt = proxy === undefined ? url : url.replace(`:${address!.port}`, `:${proxy.port}`)
  try {
    await using stage = await processStage({
      worker: { module: WORKER, args: [hurt] },
      controlArgs: [url],
      transport: () => transportFor(hurt),
      plainTransport: () => transportFor(url),
      workers: options.workers ?? 4,
      concurrency: options.concurrency ?? 20,
      maxCrashes: MAX_CRASHES,
      history: options.history,
      sites: [...(proxy === undefined ? [] : [proxy]), ...serverOf(broker, starter)],
      summary: `${starter.name}, ${options.workers ?? 4} worker processes`,
    })
    return await runExperiment(experiment, {
      stage,
      enabled: true,
      ...(options.onProgress && { onProgress: options.onProgress }),
    })
  } finally {
    await proxy?.close()
  }
}

/** What this one can do; whoever started it stops it, so nothing is left for the site to close. */
function serverOf({ server, failover }: BrokerOnTrial, { name }: Starter): readonly FaultSite[] {
  if (server === undefined && failover === undefined) return []
  const close = async (): Promise<void> => undefined
  return [
    new ServerSite({
      name,
      ...(server && { kill: () => server.kill(), start: () => server.start() }),
      ...(failover && { failover: () => failover(QUEUE) }),
      close,
    }),
  ]
}
