import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { openSqs } from './sqs-emulator.ts'
import { Usage } from './usage.ts'

/** A broker for one run of the demo. */
export interface DemoBroker {
  /** As `openTransport` reads it. */
  readonly url: string
  /** Shown to the user. */
  readonly where: string
  /** Ends what was started here; its data stay in the run's folder, so that a stopped run can carry on. */
  readonly stop: () => Promise<void>
}

interface Server {
  /** Where somebody's own server may be named. */
  readonly address: string
  readonly image: string
  readonly port: number
  /** Where the image keeps its data. */
  readonly volume: string
  readonly imageArgs: readonly string[]
  readonly binary: string
  readonly args: (port: number, folder: string) => readonly string[]
  readonly environment?: (port: number, folder: string) => Readonly<Record<string, string>>
  readonly url: (host: string, port: number) => string
}

const LOG = ['--appendonly', 'yes']

const SERVERS: Readonly<Record<string, Server>> = {
  redis: {
    address: 'BANANAS_REDIS_URL',
    image: 'redis:8',
    port: 6379,
    volume: '/data',
    imageArgs: ['redis-server', '--dir', '/data', ...LOG],
    binary: 'redis-server',
    args: (port, folder) => ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, ...LOG],
    url: (host, port) => `redis://${host}:${port}`,
  },
}

export const BROKERS: readonly string[] = ['sqlite', ...Object.keys(SERVERS), 'sqs']

/**
 * The broker of that name: at its address in the environment, else in a container where a Docker engine answers, else a
 * server binary on the PATH, started on a free port.
 * @throws Usage when there is none, with what to install
 */
export async function openBroker(name: string, folder: string): Promise<DemoBroker> {
  const nothing = async (): Promise<void> => undefined
  if (name === 'sqlite') {
    const file = join(folder, 'tasks.db')
    return { url: `sqlite:${file}`, where: 'SQLite', stop: nothing }
  }
  if (name === 'sqs') return openSqs(join(folder, name))
  const server = SERVERS[name]!
  const given = process.env[server.address]
  if (given !== undefined) return { url: given, where: `${name} at ${server.address}`, stop: nothing }
  const data = join(folder, name)
  mkdirSync(data, { recursive: true })
  if (succeeds('docker', ['image', 'inspect', server.image])) return startContainer(server, data)
  if (succeeds('sh', ['-c', `command -v ${server.binary}`])) return startBinary(server, data)
  throw new Usage(
    `There is no ${name} here. Set ${server.address}, or pull ${server.image} (docker pull ${server.image}), or install ${server.binary}.`,
  )
}

async function startContainer(
  { image, port, volume, imageArgs, url }: Server,
  data: string,
): Promise<DemoBroker> {
  const mount = `${data}:${volume}`
  const options = ['--rm', '-d', '-p', `127.0.0.1::${port}`, '-v', mount]
  const id = output('docker', ['run', ...options, image, ...imageArgs])
  const published = output('docker', ['port', id, String(port)])
  const [host = '', mapped = ''] = published.split('\n')[0]!.split(':')
  return {
    url: url(host, Number(mapped)),
    where: `${image} in a container`,
    stop: async () => void succeeds('docker', ['stop', '--time', '5', id]),
  }
}

async function startBinary({ binary, args, environment, url }: Server, data: string): Promise<DemoBroker> {
  const port = await freePort()
  const child = spawn(binary, args(port, data), {
    stdio: 'ignore',
    env: { ...process.env, ...environment?.(port, data) },
  })
  return {
    url: url('127.0.0.1', port),
    where: `${binary} on port ${port}`,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'exit')
      child.kill('SIGTERM')
      await gone
    },
  }
}

function succeeds(command: string, args: readonly string[]): boolean {
  try {
    output(command, args)
    return true
  } catch {
    return false
  }
}

function output(command: string, args: readonly string[]): string {
  return execFileSync(command, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 60_000,
  }).trim()
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
