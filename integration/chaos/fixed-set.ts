import { LIBRARY } from '@bananasjs/chaos'
import type { Experiment } from '@bananasjs/chaos'
import type { Starter } from '../matrix/broker-on-trial.ts'

/** What every broker goes through: enough tasks that 99.9 % can be proved, if none fails. */
const PROOF = { shape: 'constant', rate: 130, retries: 20 } as const
const PHASES = { warmUp: '3s', inject: '20s', recovery: '10s', drain: '90s' } as const

function proving(name: string): Experiment {
  return { ...LIBRARY[name]!, load: PROOF, phases: PHASES }
}

export const BAD_DAY: Experiment = proving('bad-day')
export const OUTAGE: Experiment = proving('outage')

export const FIXED_SET: Readonly<Record<string, Experiment>> = {
  'bad-day': BAD_DAY,
  outage: OUTAGE,
  'killed-workers': proving('killed-workers'),
  'lost-answers': proving('lost-answers'),
  'unreliable-messages': proving('unreliable-messages'),
}

const SLOW_TASKS = 10_000

/** As many tasks at half the rate, for brokers whose longest trial is short: an emulator is no fast server. */
export function paced(experiment: Experiment, { tasks }: Starter): Experiment {
  if (tasks >= SLOW_TASKS) return experiment
  const phases = { ...PHASES, warmUp: '6s', inject: '40s', recovery: '20s' } as const
  return { ...experiment, load: { ...PROOF, rate: PROOF.rate / 2 }, phases }
}
