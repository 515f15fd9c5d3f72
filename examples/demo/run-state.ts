import { createHash, randomUUID } from 'node:crypto'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Manifest } from './manifest.ts'
import { Usage } from './usage.ts'

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
  const unlock = lock(join(home, 'lock'), folder)
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

/** A file with our process id, which exists once. One left behind by a dead process is taken over. */
function lock(path: string, folder: string): () => void {
  for (;;) {
    try {
      const file = openSync(path, 'wx')
      writeSync(file, String(process.pid))
      closeSync(file)
      return () => rmSync(path, { force: true })
    } catch (error) {
      if ((error as { code?: string }).code !== 'EEXIST') throw error
    }
    const owner = Number(readFileSync(path, 'utf8'))
    if (owner !== process.pid && isAlive(owner)) {
      throw new Usage(`Process ${owner} is measuring ${folder} already. Wait for it, or stop it first.`)
    }
    rmSync(path, { force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0)
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM'
  }
}
