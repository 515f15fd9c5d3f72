import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { QueueError } from '@bananasjs/core'
import { sleep, systemRuntime } from '@bananasjs/core/contract'
import { guardian } from './guardian.ts'
import type { Guardian } from './guardian.ts'
import type { LoopDisk } from './loop-disk.ts'
import type { ServerControl } from './server-control.ts'

export interface ContainerOptions {
  readonly name: string
  readonly image: string
  /** Port inside → port on 127.0.0.1 of this machine, fixed, so that a restart keeps the address. */
  readonly ports: Readonly<Record<number, number>>
  readonly env?: Readonly<Record<string, string>>
  readonly command?: readonly string[]
  readonly ready: () => Promise<boolean>
  /** Where its data lies, if it is to be cut from power: see `loopDisk`. */
  readonly disk?: LoopDisk
  /** The folder inside that is on that disk. Default `/data`. */
  readonly data?: string
  /** What only its own clients can do: see `ServerControl`. */
  readonly fillMemory?: ServerControl['fillMemory']
  readonly failover?: ServerControl['failover']
  readonly readyMs?: number
}

const LOOK_MS = 100
const run = promisify(execFile)

/** A container of the experiment's own, run by the `docker` command. Resolves once it serves. @throws QueueError UNSUPPORTED without an engine */
export async function serverContainer(options: ContainerOptions): Promise<ServerControl> {
  const { name, image, ports, env = {}, command = [], disk, data = '/data' } = options
  const volumes = disk === undefined ? [] : ['-v', `${disk.folder}:${data}`]
  const published = Object.entries(ports).flatMap(([inside, port]) => ['-p', `127.0.0.1:${port}:${inside}`])
  const variables = Object.entries(env).flatMap(([key, value]) => ['-e', `${key}=${value}`])
  await docker(['create', '--name', name, ...published, ...volumes, ...variables, image, ...command])
  let guard: Guardian | undefined
  const start = async (): Promise<void> => {
    await docker(['start', name])
    await served(options)
  }
  const pause = async (): Promise<void> => void (await docker(['pause', name]))
  const kill = async (): Promise<void> => void (await docker(['kill', name]))
  const control: ServerControl = {
    name,
    start,
    ...(options.fillMemory && { fillMemory: options.fillMemory }),
    ...(options.failover && { failover: options.failover }),
    ...(disk && { powerCut: () => disk.powerCut(pause, kill) }),
    ...(disk && { fillDisk: (leave: number) => disk.fill(leave) }),
    kill,
    stop: async () => void (await docker(['stop', name])),
    async pause(forMs) {
      guard = guardian(forMs, ['docker', 'unpause', name])
      await pause()
    },
    async resume() {
      guard?.dismiss()
      // The guardian may have been first.
      await docker(['unpause', name]).catch(() => undefined)
    },
    async close() {
      await docker(['rm', '--force', '--volumes', name])
      await disk?.close()
    },
  }
  try {
    await start()
    return control
  } catch (error) {
    await control.close()
    throw error
  }
}

async function served({ ready, readyMs = 60_000, name }: ContainerOptions): Promise<void> {
  const deadline = systemRuntime.monotonic() + readyMs
  while (!(await ready())) {
    if (!(await isRunning(name)))
      throw new QueueError(
        'CONNECTION_LOST',
        `Container ${name} ended while it was starting: ${await lastWords(name)}`,
      )
    if (systemRuntime.monotonic() > deadline)
      throw new QueueError('CONNECTION_LOST', `Container ${name} does not serve within ${readyMs} ms.`)
    await sleep(systemRuntime, LOOK_MS)
  }
}

async function isRunning(name: string): Promise<boolean> {
  return (await docker(['inspect', '--format', '{{.State.Running}}', name])).trim() === 'true'
}

async function lastWords(name: string): Promise<string> {
  const { stdout, stderr } = await run('docker', ['logs', '--tail', '3', name])
  return `${stdout}${stderr}`.trim()
}

async function docker(args: readonly string[]): Promise<string> {
  try {
    return (await run('docker', args)).stdout
  } catch (cause) {
    throw new QueueError('UNSUPPORTED', `docker ${args[0]}: ${(cause as Error).message.trim()}`, { cause })
  }
}
