import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { QueueError } from '@bananasjs/core'
import { sleep, systemRuntime } from '@bananasjs/core/contract'
import { guardian } from './guardian.ts'
import type { Guardian } from './guardian.ts'
import type { ServerControl } from './server-control.ts'

export interface ContainerOptions {
  readonly name: string
  readonly image: string
  /** Port inside → port on 127.0.0.1 of this machine, fixed, so that a restart keeps the address. */
  readonly ports: Readonly<Record<number, number>>
  readonly env?: Readonly<Record<string, string>>
  readonly command?: readonly string[]
  readonly ready: () => Promise<boolean>
  /** What only its own clients can do: see `ServerControl`. */
  readonly fillMemory?: ServerControl['fillMemory']
  readonly failover?: ServerControl['failover']
  readonly readyMs?: number
}

const LOOK_MS = 100
const run = promisify(execFile)

/** A container of the experiment's own, run by the `docker` command. Resolves once it serves. @throws QueueError UNSUPPORTED without an engine */
export async function serverContainer(options: ContainerOptions): Promise<ServerControl> {
  const { name, image, ports, env = {}, command = [] } = options
  const published = Object.entries(ports).flatMap(([inside, port]) => ['-p', `127.0.0.1:${port}:${inside}`])
  const variables = Object.entries(env).flatMap(([key, value]) => ['-e', `${key}=${value}`])
  await docker(['create', '--name', name, ...published, ...variables, image, ...command])
  let guard: Guardian | undefined
  const start = async (): Promise<void> => {
    await docker(['start', name])
    await served(options)
  }
  const control: ServerControl = {
    name,
    start,
    ...(options.fillMemory && { fillMemory: options.fillMemory }),
    ...(options.failover && { failover: options.failover }),
    kill: async () => void (await docker(['kill', name])),
    stop: async () => void (await docker(['stop', name])),
    async pause(forMs) {
      guard = guardian(forMs, ['docker', 'unpause', name])
      await docker(['pause', name])
    },
    async resume() {
      guard?.dismiss()
      // The guardian may have been first.
      await docker(['unpause', name]).catch(() => undefined)
    },
    close: async () => void (await docker(['rm', '--force', '--volumes', name])),
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
    if (systemRuntime.monotonic() > deadline)
      throw new QueueError('CONNECTION_LOST', `Container ${name} does not serve within ${readyMs} ms.`)
    await sleep(systemRuntime, LOOK_MS)
  }
}

async function docker(args: readonly string[]): Promise<string> {
  try {
    return (await run('docker', args)).stdout
  } catch (cause) {
    throw new QueueError('UNSUPPORTED', `docker ${args[0]}: ${(cause as Error).message.trim()}`, { cause })
  }
}
