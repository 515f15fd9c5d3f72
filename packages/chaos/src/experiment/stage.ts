import type { Bananas } from '@bananasjs/core'
import type { Transport } from '@bananasjs/core/contract'
import type { FaultSite } from '../faults/fault-site.ts'
import type { Death } from '../process/crew.ts'
import type { RunFact } from './ledger.ts'
import type { RunHistory } from './run-history.ts'
import type { OwnWork } from './own-work.ts'

/** Where an experiment takes place: who sends, who works, and where faults can be let loose. */
export interface Stage extends AsyncDisposable {
  /** Sends what may be hit. */
  readonly sender: Bananas
  /** Past all faults that can be passed by: sends the control group, looks into queues. */
  readonly observer: Bananas
  /** Of the observer: for the kill switch and the claim. */
  readonly parts: Pick<Transport, 'results' | 'channel'>
  readonly sites: readonly FaultSite[]
  /** Marks the tasks of this run. */
  readonly run: string
  /** Sets the workers to work. Called once, when it is sure that no other experiment runs here. */
  start(): Promise<void>
  /** What workers have written down since the last look. */
  facts(): Iterable<RunFact>
  /** Worker processes that have ended so far. */
  readonly deaths: readonly Death[]
  /** What is sent, in place of the load's own task. */
  readonly own?: OwnWork | undefined
  /** What senders and workers write down for the checker; without it only what the ledger knows is judged. */
  readonly history?: RunHistory | undefined
  /** In words, for the report: broker, workers. */
  readonly summary: string
}
