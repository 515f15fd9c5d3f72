import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { sqlite } from '@bananasjs/sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'
import { freePort } from '../../../../tests/free-port.ts'
import { loopDisk, serverProcess, ServerSite } from '../../src/index.ts'
import type { ServerControl } from '../../src/index.ts'
import { until } from '../faults/stage.ts'

const ECHO = `require('node:net').createServer((s) => s.on('error', () => {}).pipe(s)).listen(Number(process.argv[1]), '127.0.0.1')`

async function server(port: number): Promise<ServerControl> {
  const made = await serverProcess({
    name: 'echo',
    command: [process.execPath, '-e', ECHO, String(port)],
    ready: () => answers(port),
  })
  onTestFinished(() => made.close())
  return made
}

/** Does it echo within half a second? */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 500 }, () => socket.write('x'))
    const end = (answer: boolean) => () => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('data', end(true)).once('error', end(false)).once('timeout', end(false))
  })
}

describe('server faults', { timeout: 60_000 }, () => {
  it.each(['server.kill', 'server.restart'] as const)('%s takes it down and brings it back', async (kind) => {
    const port = await freePort()
    const site = new ServerSite(await server(port))
    const fault = site.arm({ kind, down: '1h', limit: 1 }, { forMs: 60_000 })
    await until('it is down', async () => !(await answers(port)))
    expect(fault.bites()).toMatchObject({ count: 1, victims: ['echo'] })
    await fault.disarm()
    await until('it answers', () => answers(port))
  })

  it('server.pause lets it stand still, and go on when the fault ends', async () => {
    const port = await freePort()
    const site = new ServerSite(await server(port))
    const fault = site.arm({ kind: 'server.pause', resumeAfter: '30s' }, { forMs: 60_000 })
    await until('it stands still', async () => !(await answers(port)))
    await fault.disarm()
    await until('it answers', () => answers(port))
  })

  it('refuses what it cannot do, and says what it can', async () => {
    const site = new ServerSite(await server(await freePort()))
    expect(() => site.arm({ kind: 'server.power-cut' }, { forMs: 1000 })).toThrow(
      /it has server.kill, server.restart/,
    )
  })
})

const root = process.getuid?.() === 0

describe('a disk whose power can be cut', { timeout: 120_000 }, () => {
  if (!root) {
    it('refuses clearly without root', async () => {
      await expect(loopDisk()).rejects.toThrow(/needs Linux and root/)
    })
    return
  }

  it('forgets what was not flushed, and keeps what was', async () => {
    const disk = await loopDisk({ bytes: 32 * 1024 ** 2 })
    onTestFinished(() => disk.close())
    const { openSync, fsyncSync, closeSync, writeSync, existsSync } = await import('node:fs')
    const file = openSync(join(disk.folder, 'flushed'), 'w')
    writeSync(file, 'x')
    fsyncSync(file)
    closeSync(file)
    writeFileSync(join(disk.folder, 'lazy'), 'y')
    await disk.powerCut(
      () => undefined,
      async () => undefined,
    )
    expect([existsSync(join(disk.folder, 'flushed')), existsSync(join(disk.folder, 'lazy'))]).toEqual([
      true,
      false,
    ])
  })

  it('fills up, and has room again', async () => {
    const disk = await loopDisk({ bytes: 32 * 1024 ** 2 })
    onTestFinished(() => disk.close())
    const empty = await disk.fill(0)
    expect(() => writeFileSync(join(disk.folder, 'more'), Buffer.alloc(100_000))).toThrow(/ENOSPC/)
    await empty()
    writeFileSync(join(disk.folder, 'more'), Buffer.alloc(100_000))
    expect(statfsSync(disk.folder).bavail).toBeGreaterThan(0)
  })

  it('server.power-cut loses no task that was acknowledged on SQLite with FULL', async () => {
    const disk = await loopDisk()
    const path = join(disk.folder, 'queue.db')
    const script = fileURLToPath(new URL('publishing-process.ts', import.meta.url))
    const acknowledged = new Set<string>()
    let child: ChildProcess | undefined
    const start = async (): Promise<void> => {
      child = spawn(process.execPath, ['--no-warnings', script, path], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      createInterface({ input: child.stdout! }).on('line', (line) => acknowledged.add(line))
      await once(child.stdout!, 'data')
    }
    const end = async (): Promise<void> => {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'close')
      child.kill('SIGKILL')
      await gone
    }
    onTestFinished(async () => {
      await end()
      await disk.close()
    })
    await start()
    const site = new ServerSite({
      name: 'publisher',
      start,
      kill: end,
      stop: end,
      powerCut: () => disk.powerCut(() => child!.kill('SIGSTOP'), end),
      close: end,
    })
    const fault = site.arm(
      { kind: 'server.power-cut', down: 10, schedule: { after: 1500, every: 1500 } },
      { forMs: 60_000 },
    )
    await until('three cuts', () => fault.bites().count >= 3 && acknowledged.size > 1000, 100_000)
    await fault.disarm()
    await end()
    const transport = sqlite(path)
    await transport.broker.open()
    const stored = await ids(transport)
    await transport.broker.close()
    await transport.results.close()
    await transport.channel.close()
    expect(acknowledged.size).toBeGreaterThan(1000)
    expect([...acknowledged].filter((id) => !stored.has(id))).toEqual([])
  })
})

async function ids({ broker }: ReturnType<typeof sqlite>): Promise<ReadonlySet<string>> {
  const consumer = await broker.consume('default', { leaseMs: 600_000, prefetch: 1000 })
  const found = new Set<string>()
  for (;;) {
    const deliveries = await consumer.receive(1000)
    if (deliveries.length === 0) return found
    for (const { message } of deliveries) found.add(message.id)
  }
}
