import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { Usage } from './usage.ts'

/**
 * A file with our process id, which exists once; returns what removes it. One left behind by a dead process is taken over.
 * @throws Usage with what `busy` says, while another process has it
 */
export function takeLock(path: string, busy: (owner: number) => string): () => void {
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
    if (owner !== process.pid && isAlive(owner)) throw new Usage(busy(owner))
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
