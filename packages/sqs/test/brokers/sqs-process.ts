import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { freePort } from '../../../../tests/free-port.ts'

/** An emulator of our own on loopback, which a test may kill, freeze and start again. */
export interface SqsProcess {
  readonly port: number
  readonly url: string
  readonly signal: (name: 'SIGSTOP' | 'SIGCONT') => void
  /** As a crash. What it holds is gone, unless a folder keeps it. */
  readonly kill: () => Promise<void>
  /** On the same port and folder. */
  readonly start: () => Promise<void>
  readonly stop: () => Promise<void>
}

const PROGRAM = join(import.meta.dirname, 'fauxqs-process.ts')

/**
 * fauxqs, as a child process.
 * @param folder keeps what it holds; it stays the caller's. Without one, memory does.
 */
export async function startSqsProcess(folder?: string): Promise<SqsProcess> {
  const port = await freePort()
  const args = ['--no-warnings', PROGRAM, String(port), ...(folder === undefined ? [] : [folder])]
  let child: ChildProcess | undefined
  const kill = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
  const start = async (): Promise<void> => {
    child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    try {
      await answers(port)
    } catch (error) {
      await kill()
      throw error
    }
  }
  await start()
  const signal = (name: 'SIGSTOP' | 'SIGCONT'): void => void child?.kill(name)
  return { port, url: `http://127.0.0.1:${port}`, signal, kill, start, stop: kill }
}

async function answers(port: number): Promise<void> {
  const deadline = performance.now() + 30_000
  for (;;) {
    const healthy = await fetch(`http://127.0.0.1:${port}/health`).then(
      ({ ok }) => ok,
      () => false,
    )
    if (healthy) return
    if (performance.now() > deadline) throw new Error(`The emulator on port ${port} does not answer.`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
