import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { openRabbitmqBinary } from './rabbitmq-server.ts'
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
  /** More for `docker run`. */
  readonly imageOptions?: readonly string[]
  readonly binary: string
  /** Starts the binary on this data folder, when it is on the PATH. */
  readonly openBinary: (folder: string) => Promise<DemoBroker | undefined>
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
    openBinary: (folder) =>
      startBinary('redis-server', {
        args: (port) => ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, ...LOG],
        url: (port) => `redis://127.0.0.1:${port}`,
      }),
    url: (host, port) => `redis://${host}:${port}`,
  },
  rabbitmq: {
    address: 'BANANAS_RABBITMQ_URL',
    image: 'rabbitmq:4',
    port: 5672,
    volume: '/var/lib/rabbitmq',
    imageArgs: [],
    // Its data belong to a node, and a node is named after its host.
    imageOptions: ['--hostname', 'bananas'],
    binary: 'rabbitmq-server',
    openBinary: openRabbitmqBinary,
    url: (host, port) => `amqp://guest:guest@${host}:${port}`,
  },
  nats: {
    address: 'BANANAS_NATS_URL',
    image: 'nats:2.10',
    port: 4222,
    volume: '/data',
    imageArgs: ['-js', '-sd', '/data'],
    binary: 'nats-server',
    openBinary: (folder) =>
      startBinary('nats-server', {
        args: (port) => ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', folder],
        url: (port) => `nats://127.0.0.1:${port}`,
      }),
    url: (host, port) => `nats://${host}:${port}`,
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
  const own = await server.openBinary(data)
  if (own !== undefined) return own
  throw new Usage(
    `There is no ${name} here. Set ${server.address}, or pull ${server.image} (docker pull ${server.image}), or install ${server.binary}.`,
  )
}

async function startContainer(
  { image, port, volume, imageArgs, imageOptions = [], url }: Server,
  data: string,
): Promise<DemoBroker> {
  const mount = `${data}:${volume}`
  const options = ['--rm', '-d', '-p', `127.0.0.1::${port}`, '-v', mount, ...asUser(data), ...imageOptions]
  const id = output('docker', ['run', ...options, image, ...imageArgs])
  const published = output('docker', ['port', id, String(port)])
  const [host = '', mapped = ''] = published.split('\n')[0]!.split(':')
  return {
    url: url(host, Number(mapped)),
    where: `${image} in a container`,
    stop: async () => void succeeds('docker', ['stop', '--time', '5', id]),
  }
}

/** What the image writes into the folder is ours to remove: it runs as we do, or else, as root, we may remove anything. */
function asUser(folder: string): readonly string[] {
  const [user, group] = [process.getuid?.(), process.getgid?.()]
  if (user === undefined || group === undefined) return []
  if (user > 0) return ['--user', `${user}:${group}`]
  chmodSync(folder, 0o777)
  return []
}

interface Binary {
  readonly args: (port: number) => readonly string[]
  readonly url: (port: number) => string
}

async function startBinary(name: string, { args, url }: Binary): Promise<DemoBroker | undefined> {
  if (!succeeds('sh', ['-c', `command -v ${name}`])) return undefined
  const port = await freePort()
  const child = spawn(name, args(port), { stdio: 'ignore' })
  return {
    url: url(port),
    where: `${name} on port ${port}`,
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
