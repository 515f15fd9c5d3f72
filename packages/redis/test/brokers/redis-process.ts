import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '../../../../tests/free-port.ts'

const BINARIES = ['redis-server', 'valkey-server']

/** A server of our own on loopback, which a test may kill, freeze and start again. */
export interface RedisProcess {
  readonly port: number
  readonly url: string
  readonly pid: () => number
  /** As a crash: nothing is written any more. */
  readonly kill: () => Promise<void>
  /** On the same port and folder. */
  readonly start: () => Promise<void>
  /** Kills it and removes its folder. */
  readonly stop: () => Promise<void>
}

/** The first server binary on the PATH. */
export async function findBinary(): Promise<string | undefined> {
  for (const name of BINARIES) {
    const found = await promisify(execFile)(name, ['--version']).then(
      () => true,
      () => false,
    )
    if (found) return name
  }
  return undefined
}

/** @param config as on the command line of the server, e.g. `['--appendonly', 'yes']` */
export async function startRedisProcess(
  config: readonly string[] = [],
  wantedPort?: number,
): Promise<RedisProcess> {
  const binary = await findBinary()
  if (binary === undefined) {
    throw new Error(
      `This test starts servers of its own: put ${BINARIES.join(' or ')} on the PATH (apt-get install redis-server).`,
    )
  }
  const folder = await mkdtemp(join(tmpdir(), 'bananas-redis-'))
  const port = wantedPort ?? (await freePort())
  let child: ChildProcess | undefined
  const start = async (): Promise<void> => {
    const fixed = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '']
    child = spawn(binary, [...fixed, ...config], { stdio: 'ignore' })
    await answers(port)
  }
  const kill = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
  await start()
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    pid: () => child?.pid ?? -1,
    kill,
    start,
    async stop() {
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Until a PING is answered; any answer will do, a refusal too, but not that the log is still being read. */
async function answers(port: number): Promise<void> {
  const deadline = performance.now() + 20_000
  for (;;) {
    const answer = await ping(port)
    if (answer !== '' && !answer.startsWith('-LOADING')) return
    if (performance.now() > deadline) throw new Error(`The server on port ${port} does not answer.`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function ping(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 1000 }, () => socket.write('PING\r\n'))
    const end = (answer: string) => (): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('data', (data) => end(data.toString())())
    socket.once('error', end(''))
    socket.once('timeout', end(''))
  })
}
