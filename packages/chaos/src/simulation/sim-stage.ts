import type { Plugin } from '@bananasjs/core'
import type { Transport } from '@bananasjs/core/contract'
import type { History } from '../history/history-event.ts'
import type { LinkRates, SimulationPlan } from './plan.ts'
import type { SimNode } from './sim-node.ts'
import type { World } from './world.ts'

/** What the processes of one simulated run share. */
export interface Stage {
  readonly plan: SimulationPlan
  readonly world: World
  /** How links behave now. */
  readonly rates: LinkRates
  /** Of what no process can tell itself. */
  readonly chronicle: History
  /** Of one process; the dead write nothing. */
  readonly history: (by: string, node?: SimNode) => History
  /** A connection to the store, written down beside the store. */
  readonly store: (history: History) => Transport
  /** Further plugins of each worker. */
  readonly plugins: () => readonly Plugin[]
  /** True as often as this task may take a worker along. */
  readonly mayKill: (task: number) => boolean
}
