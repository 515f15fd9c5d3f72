import type { Invariant } from '../invariant.ts'
import { deadNotLost } from './dead-not-lost.ts'
import { duplicatesExplained } from './duplicates-explained.ts'
import { eventsHonest } from './events-honest.ts'
import { flowOnce } from './flow-once.ts'
import { gracefulStop } from './graceful-stop.ts'
import { inOrder } from './in-order.ts'
import { limitsKept } from './limits-kept.ts'
import { neverEarly } from './never-early.ts'
import { noLateStart } from './no-late-start.ts'
import { noLoss } from './no-loss.ts'
import { noRegress } from './no-regress.ts'
import { nothingAltered } from './nothing-altered.ts'
import { oneEnd } from './one-end.ts'
import { oneHolder } from './one-holder.ts'
import { poisonIsolated } from './poison-isolated.ts'
import { recovers } from './recovers.ts'
import { retriesBounded } from './retries-bounded.ts'
import { staysBounded } from './stays-bounded.ts'
import { ticksOnce } from './ticks-once.ts'
import { uniqueOnce } from './unique-once.ts'

/** Every promise there is, I1 to I20. */
export const INVARIANTS: readonly Invariant[] = [
  noLoss,
  nothingAltered,
  oneEnd,
  oneHolder,
  noRegress,
  duplicatesExplained,
  retriesBounded,
  deadNotLost,
  neverEarly,
  inOrder,
  flowOnce,
  uniqueOnce,
  limitsKept,
  ticksOnce,
  gracefulStop,
  poisonIsolated,
  recovers,
  staysBounded,
  noLateStart,
  eventsHonest,
]
