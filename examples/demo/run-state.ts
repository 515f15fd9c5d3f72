import { createHash, randomUUID } from 'node:crypto'
import { closeSync, existsSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { takeLock } from './lock.ts'
import { Manifest } from './manifest.ts'

/** Where runs of this demo keep what they need to carry on. */
export const STATE_ROOT: string = process.env['BANANAS_DEMO_STATE'] ?? join(tmpdir(), 'bananas-demo')

export interface RunState {
  readonly run: string
  readonly manifest: Manifest
  /** Where broker and results keep what they need. */
  readonly files: string
  readonly scratch: string
  readonly page: string
  /** An earlier process began this run. */
  readonly resumed: boolean
  /** The run is over: the next one begins anew. */
  finish(): void
  /** Lets another process take over. */
  release(): void
}

/** Opens the unfinished run of this folder on this broker, or begins one. @throws Usage while another process works on it */
export function openRun(folder: string, broker: string, fresh: boolean): RunState {
  const place = broker === 'sqlite' ? folder : `${folder}\0${broker}`
  const home = join(STATE_ROOT, createHash('sha256').update(place).digest('hex').slice(0, 16))
  mkdirSync(home, { recursive: true })
  const unlock = takeLock(
    join(home, 'lock'),
    (owner) => `Process ${owner} is measuring ${folder} already. Wait for it, or stop it first.`,
  )
  const files = join(home, 'run')
  if (fresh || existsSync(join(files, 'finished'))) rmSync(files, { recursive: true, force: true })
  mkdirSync(files, { recursive: true })
  const manifest = new Manifest(join(files, 'manifest.db'))
  const known = manifest.get('run')
  const run = known ?? randomUUID()
  if (known === undefined) manifest.set('run', run)
  return {
    run,
    manifest,
    files,
    scratch: join(files, 'scratch.db'),
    page: join(home, 'report.html'),
    resumed: known !== undefined,
    finish: () => closeSync(openSync(join(files, 'finished'), 'w')),
    release() {
      manifest.close()
      unlock()
    },
  }
}
