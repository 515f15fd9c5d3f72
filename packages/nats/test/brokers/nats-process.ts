import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '../../../../tests/free-port.ts'

const BINARY = 'nats-server'
const STARTING_MS = 30_000

/** A server of our own on loopback, which a test may kill and start again. */
export interface NatsProcess {
  readonly port: number
  readonly url: string
  readonly pid: () => number
  /** Where it keeps its streams. */
  readonly streams: string
  /** As a crash: nothing is written any more. */
  readonly kill: () => Promise<void>
  /** As an operator ends it: everything is written. */
  readonly quit: () => Promise<void>
  /** On the same port and folder. */
  readonly start: () => Promise<void>
  /** Kills it and removes its folder. */
  readonly stop: () => Promise<void>
}

export interface NatsProcessOptions {
  /** Lines of its configuration. */
  readonly config?: readonly string[]
  readonly port?: number
  readonly jetstream?: boolean
}

/** What the binary calls itself, `undefined` where there is none. */
export async function findBinary(): Promise<string | undefined> {
  return promisify(execFile)(BINARY, ['--version']).then(
    ({ stdout }) => stdout.trim().replace(/^nats-server: v?/, `${BINARY} `),
    () => undefined,
  )
}

export async function startNatsProcess(options: NatsProcessOptions = {}): Promise<NatsProcess> {
  if ((await findBinary()) === undefined)
    throw new Error(
      `This test starts servers of its own: put ${BINARY} on the PATH (apt-get install ${BINARY}).`,
    )
  const { config = [], jetstream = true } = options
  const folder = await mkdtemp(join(tmpdir(), 'bananas-nats-'))
  const port = options.port ?? (await freePort())
  const file = join(folder, 'nats.conf')
  const own = jetstream ? [`jetstream { store_dir: ${JSON.stringify(join(folder, 'data'))} }`] : []
  const hasOwn = config.some((line) => line.startsWith('jetstream'))
  await writeFile(file, [...(hasOwn ? [] : own), ...config].join('\n').replaceAll('$FOLDER', folder))
  let child: ChildProcess | undefined
  const start = async (): Promise<void> => {
    child = spawn(BINARY, ['-a', '127.0.0.1', '-p', String(port), '-c', file], { stdio: 'ignore' })
    await answers(port, child)
  }
  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill(signal)
    await gone
  }
  const kill = (): Promise<void> => end('SIGKILL')
  const stop = async (): Promise<void> => {
    await kill()
    await rm(folder, { recursive: true, force: true })
  }
  await start().catch(async (error: unknown) => {
    await stop()
    throw error
  })
  return {
    port,
    url: `nats://127.0.0.1:${port}`,
    pid: () => child?.pid ?? -1,
    streams: join(folder, 'data', 'jetstream', '$G', 'streams'),
    kill,
    quit: () => end('SIGTERM'),
    start,
    stop,
  }
}

async function answers(port: number, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + STARTING_MS
  while (!(await greets(port))) {
    if (child.exitCode !== null) throw new Error(`${BINARY} ended with code ${child.exitCode} as it started.`)
    if (performance.now() > deadline) throw new Error(`The server on port ${port} does not answer.`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** A server begins with `INFO`. */
function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 2000 })
    const end = (greeted: boolean) => (): void => {
      socket.destroy()
      resolve(greeted)
    }
    socket.once('data', end(true))
    socket.once('error', end(false))
    socket.once('close', end(false))
    socket.once('timeout', end(false))
  })
}
