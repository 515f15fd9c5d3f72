import type { Mutant } from '../mutants-results/mutant.ts'
import { CLOSE_MUTANTS } from './close-mutants.ts'
import { CRASH_MUTANTS } from './crash-mutants.ts'
import { DEAD_LETTER_MUTANTS } from './dead-letter-mutants.ts'
import { DECLARATION_MUTANTS } from './declaration-mutants.ts'
import { DELAY_MUTANTS } from './delay-mutants.ts'
import { INSPECT_MUTANTS } from './inspect-mutants.ts'
import { LEASE_MUTANTS } from './lease-mutants.ts'
import { NAME_MUTANTS } from './name-mutants.ts'
import { PUBLISH_MUTANTS } from './publish-mutants.ts'
import { RECEIVE_MUTANTS } from './receive-mutants.ts'
import { SETTLE_MUTANTS } from './settle-mutants.ts'

/** Brokers with one thing wrong each. */
export const BROKER_MUTANTS: readonly Mutant[] = [
  ...DECLARATION_MUTANTS,
  ...PUBLISH_MUTANTS,
  ...NAME_MUTANTS,
  ...RECEIVE_MUTANTS,
  ...SETTLE_MUTANTS,
  ...LEASE_MUTANTS,
  ...DELAY_MUTANTS,
  ...CRASH_MUTANTS,
  ...CLOSE_MUTANTS,
  ...DEAD_LETTER_MUTANTS,
  ...INSPECT_MUTANTS,
]
