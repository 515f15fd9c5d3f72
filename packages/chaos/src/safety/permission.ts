import { parseDuration, QueueError } from '@bananasjs/core'
import type { Experiment } from '../experiment/experiment.ts'

export interface Surroundings {
  /** Read for BANANAS_CHAOS, BANANAS_CHAOS_PRODUCTION, BANANAS_ENV and NODE_ENV. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** The caller says so in code or by a flag, in place of BANANAS_CHAOS=allow. */
  readonly enabled?: boolean | undefined
}

/** Where experiments may run unless they name other places. */
const ENVIRONMENTS = ['development', 'test', 'ci', 'staging']
/** Names of environments that serve others. */
export const PRODUCTION: readonly string[] = ['production', 'prod', 'live']
const PRODUCTION_WORD = 'i-own-this'
const MOST_MS = 15 * 60_000

export function environmentOf({ env }: Surroundings): string {
  return env['BANANAS_ENV'] || env['NODE_ENV'] || 'development'
}

/** What permission is asked for: an experiment, or whatever else lets faults loose. */
export type Asking = Pick<Experiment, 'safety' | 'method' | 'blast'> & {
  readonly stop?: readonly unknown[] | undefined
}

/** How long the experiment may take at most. */
export function maxDurationMs({ safety }: Pick<Experiment, 'safety'>): number {
  return safety?.maxDuration === undefined ? MOST_MS : parseDuration(safety.maxDuration, 'safety.maxDuration')
}

/**
 * Chaos is off unless it is allowed, here, for this experiment.
 * @throws QueueError DENIED naming the setting that is missing
 */
export function checkPermission(experiment: Asking, around: Surroundings): void {
  const { env, enabled } = around
  if (enabled !== true && env['BANANAS_CHAOS'] !== 'allow')
    throw denied('chaos is off. Set BANANAS_CHAOS=allow, or pass enabled: true')
  const environment = environmentOf(around)
  if (PRODUCTION.includes(environment.toLowerCase())) return checkProduction(experiment, around)
  const allowed = experiment.safety?.environments ?? ENVIRONMENTS
  if (!allowed.includes(environment))
    throw denied(
      `it may run in ${allowed.join(', ')}, and this is "${environment}" (BANANAS_ENV, or NODE_ENV)`,
    )
}

function checkProduction(experiment: Asking, { env }: Surroundings): void {
  if (experiment.safety?.production !== true)
    throw denied('production needs safety.production: true in the experiment')
  if (env['BANANAS_CHAOS_PRODUCTION'] !== PRODUCTION_WORD)
    throw denied(`production needs BANANAS_CHAOS_PRODUCTION=${PRODUCTION_WORD} besides`)
  if ((experiment.stop ?? []).length === 0) throw denied('production needs at least one stop condition')
  if (experiment.blast === undefined) throw denied('production needs a blast radius')
  const rough = experiment.method.find(({ kind }) => /^(server|process|link)\./.test(kind))
  if (rough !== undefined)
    throw denied(`${rough.kind} hits everybody, not a share of the tasks, and is never had in production`)
}

function denied(why: string): QueueError {
  return new QueueError('DENIED', `The experiment was not started: ${why}.`)
}
