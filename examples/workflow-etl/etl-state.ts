import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { takeLock } from '../demo/lock.ts'

/** Where runs keep what they need to carry on, and warehouses stand. */
export const STATE_ROOT: string = process.env['BANANAS_ETL_STATE'] ?? join(tmpdir(), 'bananas-etl')

export interface EtlState {
  /** Broker and results. */
  readonly tasks: string
  readonly stage: string
  readonly warehouse: string
  /** An earlier process began this run. */
  readonly resumed: boolean
  /** The run is over: the next one begins anew. */
  finish(): void
  /** Lets another process take over. */
  release(): void
}

/** Opens the unfinished run of these files, or begins one. @throws Usage while another process works on it */
export function openState(key: string, fresh: boolean): EtlState {
  const home = join(STATE_ROOT, key)
  mkdirSync(home, { recursive: true })
  const release = takeLock(
    join(home, 'lock'),
    (owner) => `Process ${owner} is loading these files already. Wait for it, or stop it first.`,
  )
  const run = join(home, 'run')
  const finished = join(run, 'finished')
  if (fresh || existsSync(finished)) rmSync(run, { recursive: true, force: true })
  const resumed = existsSync(run)
  const stage = join(run, 'stage')
  mkdirSync(stage, { recursive: true })
  return {
    tasks: join(run, 'tasks.db'),
    stage,
    warehouse: join(home, 'warehouse.db'),
    resumed,
    finish: () => writeFileSync(finished, ''),
    release,
  }
}
