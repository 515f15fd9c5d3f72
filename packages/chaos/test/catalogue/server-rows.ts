import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { freePort } from '../../../../tests/free-port.ts'
import { loopDisk, serverProcess, ServerSite } from '../../src/index.ts'
import type { Injection, LoopDisk, ServerControl, ServerProcessOptions } from '../../src/index.ts'
import { pause, seen } from './row.ts'
import type { Place, Rows } from './row.ts'

const STORE = fileURLToPath(new URL('store-process.ts', import.meta.url))

interface Store {
  readonly control: ServerControl
  /** What it says; empty when it says nothing. */
  readonly ask: (line: string) => Promise<string>
}

async function store(options: Partial<ServerProcessOptions> & { fills?: boolean } = {}): Promise<Store> {
  const { fills = false, ...rest } = options
  const port = await freePort()
  const ask = (line: string): Promise<string> => answerOf(port, line)
  const control = await serverProcess({
    name: 'store',
    command: [process.execPath, '--no-warnings', STORE, String(port)],
    ready: async () => (await ask('ping')) === 'pong',
    ...rest,
    ...(fills && {
      async fillMemory(leave) {
        await ask(`limit ${leave}`)
        return async () => void (await ask('limit none'))
      },
    }),
  })
  onTestFinished(() => control.close())
  return { control, ask }
}

function answerOf(port: number, line: string): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const socket = connect({ port, host: '127.0.0.1', timeout: 3000 }, () => socket.write(line))
    const end = (): void => {
      socket.destroy()
      resolve(text)
    }
    socket.on('data', (bytes) => (text += bytes.toString()))
    socket.once('end', end).once('error', end).once('timeout', end)
  })
}

function placeOf(
  control: ServerControl,
  look: (injection: Injection | undefined) => boolean | Promise<boolean>,
): Place {
  const site = new ServerSite(control)
  return {
    arm: (fault, forMs) => site.arm(fault, { forMs }),
    hurt: (injection) => seen(injection, () => look(injection)),
  }
}

async function serving(): Promise<Place> {
  const { control, ask } = await store()
  return placeOf(control, async () => (await ask('ping')) !== 'pong')
}

async function onDisk(look: (disk: LoopDisk) => boolean | Promise<boolean>): Promise<Place> {
  const disk = await loopDisk({ bytes: 32 * 1024 ** 2 })
  onTestFinished(() => disk.close())
  const { control } = await store({ disk })
  return placeOf(control, () => look(disk))
}

/** Was what was written, and never flushed, gone after a while? */
async function forgets({ folder }: LoopDisk): Promise<boolean> {
  const lazy = join(folder, 'lazy')
  try {
    writeFileSync(lazy, 'x')
    await pause(250)
    return !existsSync(lazy)
  } catch {
    // It is not mounted at this moment.
    return false
  }
}

function isFull({ folder }: LoopDisk): boolean {
  const more = join(folder, 'more')
  try {
    writeFileSync(more, Buffer.alloc(100_000))
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOSPC'
  } finally {
    rmSync(more, { force: true })
  }
}

/** Two servers of which one leads. */
async function two(): Promise<Place> {
  const [one, other] = [await store(), await store()]
  await one.ask('lead yes')
  const leader = async (): Promise<Store> => ((await one.ask('who')) === 'leader' ? one : other)
  let known = one
  return placeOf(
    {
      name: 'two stores',
      async failover() {
        const from = await leader()
        await from.ask('lead no')
        await (from === one ? other : one).ask('lead yes')
      },
      close: async () => undefined,
    },
    async () => {
      const now = await leader()
      const changed = now !== known
      known = now
      return changed
    },
  )
}

export const SERVER_ROWS: Rows<'server'> = {
  'server.kill': { fault: { kind: 'server.kill', down: '1h', limit: 1 }, open: serving },
  'server.restart': { fault: { kind: 'server.restart', down: '1h', limit: 1 }, open: serving },
  'server.pause': { fault: { kind: 'server.pause', resumeAfter: '1h' }, open: serving },
  'server.power-cut': {
    fault: { kind: 'server.power-cut', down: 1, schedule: { every: 200 } },
    open: () => onDisk(forgets),
  },
  'server.disk-full': { fault: { kind: 'server.disk-full' }, open: () => onDisk(isFull) },
  'server.memory-full': {
    fault: { kind: 'server.memory-full' },
    async open() {
      const { control, ask } = await store({ fills: true })
      return placeOf(control, async () => (await ask('put 1000')) === 'full')
    },
  },
  'server.failover': { fault: { kind: 'server.failover', schedule: { every: 100 } }, open: two },
}

/** What needs a disk of its own: without root it cannot be had, and is refused. */
export const NEED_ROOT: readonly string[] = ['server.power-cut', 'server.disk-full']
