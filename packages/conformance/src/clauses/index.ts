import type { Clause } from '../clause.ts'
import { ABORT_CLAUSES } from './abort.ts'
import { CHANNEL_CLAUSES } from './channel.ts'
import { CLOSE_CLAUSES } from './close.ts'
import { CRASH_CLAUSES } from './crash.ts'
import { DEAD_LETTER_CLAUSES } from './dead-letters.ts'
import { DECLARATION_CLAUSES } from './declaration.ts'
import { DELAY_CLAUSES } from './delay.ts'
import { INSPECT_CLAUSES } from './inspect.ts'
import { JOIN_CLAUSES } from './join.ts'
import { LEASE_CLAUSES } from './lease.ts'
import { LIMIT_CLAUSES } from './limits.ts'
import { NAME_CLAUSES } from './names.ts'
import { ORDER_CLAUSES } from './order.ts'
import { PUBLISH_CLAUSES } from './publish.ts'
import { PUT_CLAUSES } from './put.ts'
import { RECEIVE_CLAUSES } from './receive.ts'
import { RESULT_CLAUSES } from './results.ts'
import { RETRY_CLAUSES } from './retry.ts'
import { SETTLE_CLAUSES } from './settle.ts'
import { SUBSCRIPTION_CLAUSES } from './subscription.ts'
import { SWAP_CLAUSES } from './swap.ts'
import { TTL_CLAUSES } from './ttl.ts'
import { WATCH_CLAUSES } from './watch.ts'

/** Every clause about a transport. The slow ones first, so that a run is as short as its longest clause. */
export const CLAUSES: readonly Clause[] = [
  ...LEASE_CLAUSES,
  ...CRASH_CLAUSES,
  ...DELAY_CLAUSES,
  ...RETRY_CLAUSES,
  ...TTL_CLAUSES,
  ...DECLARATION_CLAUSES,
  ...PUBLISH_CLAUSES,
  ...NAME_CLAUSES,
  ...RECEIVE_CLAUSES,
  ...SETTLE_CLAUSES,
  ...ORDER_CLAUSES,
  ...LIMIT_CLAUSES,
  ...ABORT_CLAUSES,
  ...CLOSE_CLAUSES,
  ...DEAD_LETTER_CLAUSES,
  ...INSPECT_CLAUSES,
  ...RESULT_CLAUSES,
  ...PUT_CLAUSES,
  ...SWAP_CLAUSES,
  ...JOIN_CLAUSES,
  ...WATCH_CLAUSES,
  ...CHANNEL_CLAUSES,
  ...SUBSCRIPTION_CLAUSES,
]
