import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '../../../../tests/free-port.ts'

const BINARY = 'rabbitmq-server'
/** Where the scripts behind Debian's own lie, which would change to another user. */
const SCRIPTS = '/usr/lib/rabbitmq/bin'
const STARTING_MS = 120_000
const NAMING_ATTEMPTS = 50

/** A server of our own on loopback, which a test may kill and start again. */
export interface RabbitmqProcess {
  readonly port: number
  readonly url: string
  /** Its name in a cluster. */
  readonly node: string
  readonly pid: () => number
  /** As a crash: nothing is written any more. */
  readonly kill: () => Promise<void>
  /** On the same port and folder. */
  readonly start: () => Promise<void>
  /** Kills it and removes its folder. */
  readonly stop: () => Promise<void>
  /** What an operator may say to it: the arguments of rabbitmqctl. */
  readonly control: (...args: readonly string[]) => Promise<string>
}

export async function hasBinary(): Promise<boolean> {
  return promisify(execFile)('sh', ['-c', `command -v ${BINARY}`]).then(
    () => true,
    () => false,
  )
}

export interface RabbitmqProcessOptions {
  /** Lines of rabbitmq.conf. */
  readonly config?: readonly string[]
  /** Port of the daemon that knows nodes by name: nodes of one cluster share it. */
  readonly naming?: number
  /** Where it keeps its data for the next time; else in a folder that goes with it. */
  readonly folder?: string
}

export async function startRabbitmqProcess({
  config = [],
  naming,
  folder: kept,
}: RabbitmqProcessOptions = {}): Promise<RabbitmqProcess> {
  if (!(await hasBinary()))
    throw new Error(
      `This test starts servers of its own: put ${BINARY} on the PATH (apt-get install ${BINARY}).`,
    )
  const folder = kept ?? (await mkdtemp(join(tmpdir(), 'bananas-rabbitmq-')))
  const [port, distribution, names] = [await freePort(), await freePort(), naming ?? (await freePort())]
  // Where others are named too, the port tells it from them.
  const name = naming === undefined ? 'bananas' : `bananas${port}`
  const environment = await settle(folder, { name, port, distribution, names, config })
  let child: ChildProcess | undefined
  const start = async (): Promise<void> => {
    child = spawn(BINARY, [], { stdio: 'ignore', env: environment, detached: true })
    await answers(port)
  }
  const kill = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    // The script starts the virtual machine as a child: the whole group goes.
    process.kill(-child.pid!, 'SIGKILL')
    await gone
  }
  await start()
  return {
    port,
    url: `amqp://guest:guest@127.0.0.1:${port}`,
    node: environment.RABBITMQ_NODENAME,
    pid: () => child?.pid ?? -1,
    kill,
    start,
    async stop() {
      await kill()
      if (naming === undefined) await endNaming(names)
      if (kept === undefined) await rm(folder, { recursive: true, force: true })
    },
    async control(...args) {
      const { stdout } = await promisify(execFile)(
        'rabbitmqctl',
        ['-n', environment.RABBITMQ_NODENAME, ...args],
        {
          env: environment,
        },
      )
      return stdout
    },
  }
}

/** Ends the daemon that the first node of a naming port starts. It stays for as long as it knows of a node, even of one that was just killed. */
export async function endNaming(port: number): Promise<void> {
  const ask = promisify(execFile)
  for (let attempt = 0; attempt < NAMING_ATTEMPTS; attempt += 1) {
    try {
      await ask('epmd', ['-port', String(port), '-names'])
    } catch {
      return // nobody answers: it is gone
    }
    const answer = await ask('epmd', ['-port', String(port), '-kill']).catch(() => undefined)
    if (answer?.stdout.includes('Killed') === true) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

interface Settings {
  readonly name: string
  readonly port: number
  readonly distribution: number
  /** Of the daemon that knows nodes by name; one of our own, so that no other node of this machine is met. */
  readonly names: number
  readonly config: readonly string[]
}

type Environment = NodeJS.ProcessEnv & { readonly RABBITMQ_NODENAME: string }

async function settle(
  folder: string,
  { name, port, distribution, names, config }: Settings,
): Promise<Environment> {
  const home = join(folder, 'home')
  await mkdir(home, { recursive: true })
  await writeFile(join(home, '.erlang.cookie'), 'BANANAS')
  await chmod(join(home, '.erlang.cookie'), 0o600)
  const lines = [`listeners.tcp.1 = 127.0.0.1:${port}`, 'log.file = false', ...config]
  await writeFile(join(folder, 'rabbitmq.conf'), `${lines.join('\n')}\n`)
  await writeFile(join(folder, 'enabled_plugins'), '[].')
  return {
    PATH: `${SCRIPTS}:${process.env['PATH']}`,
    HOME: home,
    RABBITMQ_NODENAME: `${name}@localhost`,
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
    RABBITMQ_MNESIA_BASE: join(folder, 'data'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_PID_FILE: join(folder, 'pid'),
    RABBITMQ_DIST_PORT: String(distribution),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+S 1:1',
    // One that is killed as it starts would leave a dump wherever the tests were called from.
    ERL_CRASH_DUMP_SECONDS: '0',
    ERL_EPMD_PORT: String(names),
    ERL_EPMD_ADDRESS: '127.0.0.1',
  }
}

/** Until the server begins the handshake of AMQP: the port is open before that. */
async function answers(port: number): Promise<void> {
  const deadline = performance.now() + STARTING_MS
  while (!(await greets(port))) {
    if (performance.now() > deadline) throw new Error(`The server on port ${port} does not answer.`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 2000 }, () => socket.write('AMQP\0\0\x09\x01'))
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
