import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

/** An emulator of our own on loopback, which a test may freeze and thaw. */
export interface SqsProcess {
  readonly url: string
  readonly signal: (name: 'SIGSTOP' | 'SIGCONT') => void
  readonly stop: () => Promise<void>
}

/** fauxqs, as a child process. */
export async function startSqsProcess(): Promise<SqsProcess> {
  const port = await freePort()
  const program = join(import.meta.dirname, 'fauxqs-process.ts')
  const child = spawn(process.execPath, [program, String(port)], { stdio: ['ignore', 'ignore', 'inherit'] })
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
  try {
    await answers(port)
  } catch (error) {
    await stop()
    throw error
  }
  return { url: `http://127.0.0.1:${port}`, signal: (name) => void child.kill(name), stop }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
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
