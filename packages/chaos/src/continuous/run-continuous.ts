import { parseDuration, QueueError } from '@bananasjs/core'
import type { Bananas } from '@bananasjs/core'
import { sleep, systemRuntime } from '@bananasjs/core/contract'
import type { Runtime, Transport } from '@bananasjs/core/contract'
import { assignSites } from '../experiment/injector.ts'
import type { FaultSite } from '../faults/fault-site.ts'
import { auditLog } from '../safety/audit-log.ts'
import { KillSwitch } from '../safety/kill-switch.ts'
import { checkPermission, environmentOf, maxDurationMs } from '../safety/permission.ts'
import { claimTarget } from '../safety/target-claim.ts'
import { chaosEvents } from './chaos-events.ts'
import type { ChaosEvent } from './chaos-events.ts'
import { checkContinuousPlan, checkRates } from './check-continuous-plan.ts'
import type { Confidence } from './confidence.ts'
import type { ContinuousPlan } from './continuous-plan.ts'
import { ContinuousRun } from './continuous-run.ts'
import { lengthOf } from './game-day.ts'

export interface ContinuousOptions {
  /** A client of the application on trial, past all faults: its events are what is seen. Not closed here. */
  readonly app: Bananas
  /** Of that client: for the kill switch, the claim on the target, and the events. */
  readonly parts: Pick<Transport, 'results' | 'channel'>
  /** Where faults go: the `ChaosController` of this process, or a `RemoteSite` that reaches others. */
  readonly sites: readonly FaultSite[]
  /** In place of BANANAS_CHAOS=allow. */
  readonly enabled?: boolean | undefined
  /** Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /** File that everything done is appended to. */
  readonly audit?: string | undefined
  /** For the kill switch and the claim. Default `bananas-chaos`. */
  readonly namespace?: string | undefined
  /** Ends it. */
  readonly signal?: AbortSignal | undefined
  /** Signals of the process that end it. Default SIGUSR2: the others are the application's. */
  readonly signals?: readonly NodeJS.Signals[] | undefined
  /** Told each event that is sent. */
  readonly onEvent?: ((event: ChaosEvent) => void) | undefined
  readonly runtime?: Runtime | undefined
}

export interface ContinuousChaos extends AsyncDisposable {
  /** `suspended`: no worker is seen, so nothing is broken. */
  readonly state: 'suspended' | 'running' | 'stopped'
  readonly confidence: Confidence
  /** Resolves with the reason once nothing is left of any fault. Never rejects. */
  readonly ended: Promise<string>
  /** Ends it for good; resolves when it has. Idempotent. */
  stop(reason?: string): Promise<void>
}

const NAMESPACE = 'bananas-chaos'
const LOOK_MS = 250

/**
 * Lets faults loose at a low rate until it is told to stop, keeps a score of what the application makes of them, and holds
 * its game days. Nothing is armed before a worker was seen.
 * @throws QueueError DENIED when it may not run here, INVALID for what is wrong with the plan, CONFLICT when another one runs
 */
export async function startContinuousChaos(
  plan: ContinuousPlan,
  options: ContinuousOptions,
): Promise<ContinuousChaos> {
  checkContinuousPlan(plan)
  const { gameDays = [], background } = plan
  const around = { env: options.env ?? process.env, enabled: options.enabled }
  checkPermission({ ...plan, method: [...background, ...gameDays.flatMap(({ method }) => method)] }, around)
  const environment = environmentOf(around)
  checkRates(plan, environment)
  checkLengths(plan)
  for (const { method } of gameDays) assignSites({ method }, options.sites)
  return begin(plan, options, environment)
}

async function begin(
  plan: ContinuousPlan,
  options: ContinuousOptions,
  environment: string,
): Promise<ContinuousChaos> {
  const { app, parts, namespace = NAMESPACE, runtime = systemRuntime, signals = ['SIGUSR2'] } = options
  const audit = auditLog(options.audit)
  const tell = chaosEvents(parts.channel, app.host.namespace, options.onEvent)
  const run = new ContinuousRun(plan, {
    sites: options.sites,
    audit,
    tell,
    runtime,
    results: parts.results,
    namespace,
  })
  await app.open()
  const killSwitch = new KillSwitch({ signals })
  let release: (() => Promise<void>) | undefined
  try {
    if (parts.channel === undefined)
      throw new QueueError(
        'UNSUPPORTED',
        'Continuous chaos needs a channel: without events nobody sees what it does.',
      )
    await killSwitch.connect(parts.channel, namespace)
    const onLost = (): void => killSwitch.pull('another experiment has taken the target')
    release = await claimTarget(parts.results, namespace, { title: plan.title, onLost })
  } catch (error) {
    await killSwitch[Symbol.asyncDispose]()
    throw error
  }
  const all = [killSwitch.signal, ...(options.signal === undefined ? [] : [options.signal])]
  const outside = AbortSignal.any(all)
  audit('start', { title: plan.title, environment, continuous: true })
  tell({ type: 'chaos.started', title: plan.title, environment })
  const ended = keepGoing(run, { app, outside, runtime }).then(async (reason) => {
    await release()
    await killSwitch[Symbol.asyncDispose]()
    audit('end', { reason, confidence: run.confidence })
    return reason
  })
  return handleOf(run, ended, (reason) => killSwitch.pull(reason))
}

interface Surroundings {
  readonly app: Bananas
  readonly outside: AbortSignal
  readonly runtime: Runtime
}

/** Looks four times a second until there is a reason to stop. */
async function keepGoing(run: ContinuousRun, { app, outside, runtime }: Surroundings): Promise<string> {
  const over = new AbortController()
  const listening = run.watch.listen(app, over.signal)
  // Whoever pulls the switch wants the faults gone now, whatever a look is waiting for.
  const pulled = (): void => void run.stop(reasonOf(outside))
  outside.addEventListener('abort', pulled, { once: true })
  if (outside.aborted) pulled()
  while (run.stopped === undefined) {
    await run.look()
    await sleep(runtime, LOOK_MS, outside).catch(() => undefined)
  }
  outside.removeEventListener('abort', pulled)
  await run.stop(run.stopped)
  over.abort()
  await listening
  return run.stopped
}

function handleOf(
  run: ContinuousRun,
  ended: Promise<string>,
  pull: (reason: string) => void,
): ContinuousChaos {
  const stop = async (reason = 'by hand'): Promise<void> => {
    pull(reason)
    await ended
  }
  return {
    get state() {
      return run.state
    },
    get confidence() {
      return run.confidence
    },
    ended,
    stop,
    [Symbol.asyncDispose]: () => stop('it was disposed of'),
  }
}

/** @throws QueueError INVALID for a game day that may not be so long */
function checkLengths(plan: ContinuousPlan): void {
  const mostMs = maxDurationMs(plan)
  for (const [at, day] of (plan.gameDays ?? []).entries()) {
    const lastsMs = lengthOf(day, plan)
    if (lastsMs > mostMs)
      throw new QueueError(
        'INVALID',
        `gameDays[${at}].lasts: ${parseDuration(lastsMs, 'lasts')} ms is more than safety.maxDuration, ${mostMs} ms.`,
      )
  }
}

function reasonOf({ reason }: AbortSignal): string {
  return typeof reason === 'string' ? reason : reason instanceof Error ? reason.message : 'stopped'
}
