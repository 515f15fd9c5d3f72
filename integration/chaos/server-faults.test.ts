import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { loopDisk, serverContainer, serverProcess, ServerSite } from '@bananasjs/chaos'
import type { Fault, LoopDisk, ServerControl } from '@bananasjs/chaos'
import { Bananas, defineTask } from '@bananasjs/core'
import { redis } from '@bananasjs/redis'
import { Redis } from 'ioredis'
import { describe, expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../tests/free-port.ts'
import { failOver, startReplicatedCluster } from '../../packages/redis/test/brokers/redis-cluster.ts'
import { findBinary } from '../../packages/redis/test/brokers/redis-process.ts'
import { transportFor } from '../transport.ts'

/** Faults of a real server: that they bite, that nothing accepted is lost by them, and that they are undone. */
const echo = defineTask<number, number>('echo', { retry: { limit: 10, delay: 50, maxDelay: 500 } })
const BIG = 'x'.repeat(200_000)
const load = defineTask<string>('load')

interface Trial {
  readonly url: string
  readonly control: ServerControl
}

async function redisServer(disk?: LoopDisk): Promise<Trial> {
  const binary = await findBinary()
  if (binary === undefined) throw new Error('Put redis-server on the PATH (apt-get install redis-server).')
  const port = await freePort()
  const folder = disk === undefined ? await mkdtemp(join(tmpdir(), 'bananas-fault-')) : undefined
  const url = `redis://127.0.0.1:${port}`
  const control = await serverProcess({
    name: 'redis',
    command: [
      ...([binary, '--port', String(port), '--bind', '127.0.0.1', '--dir', disk?.folder ?? folder!] as const),
      ...['--appendonly', 'yes', '--save', '', '--maxmemory-policy', 'noeviction'],
    ],
    ready: async () => (await admin(url, (client) => client.ping()).catch(() => '')) === 'PONG',
    ...(disk && { disk }),
    fillMemory: (leave) => fillMemory(url, leave),
  })
  onTestFinished(async () => {
    await control.close()
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  })
  return { url, control }
}

/** The limit is set to what is in use, as if that were all there is. */
async function fillMemory(url: string, leave: number): Promise<() => Promise<void>> {
  await admin(url, async (client) => {
    const used = Number(/used_memory:(\d+)/.exec(await client.info('memory'))![1])
    await client.call('config', ['set', 'maxmemory', used + leave])
  })
  return async () => void (await admin(url, (client) => client.call('config', ['set', 'maxmemory', 0])))
}

async function admin<T>(url: string, ask: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 })
  client.on('error', () => undefined)
  try {
    return await ask(client)
  } finally {
    client.disconnect()
  }
}

function application(url: string): Bananas {
  const app = new Bananas({ transport: redis(url) })
  onTestFinished(() => app.close())
  return app
}

async function until(what: string, holds: () => Promise<boolean>, limitMs = 30_000): Promise<void> {
  const deadline = performance.now() + limitMs
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited ${limitMs} ms in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Is a task accepted now? */
function accepts(app: Bananas): Promise<boolean> {
  return app.enqueue(load, BIG).then(
    () => true,
    () => false,
  )
}

/** What is full refuses tasks, and nothing else happens to those it has. */
async function fills({ url, control }: Trial, fault: Fault): Promise<void> {
  const app = application(url)
  const early = await app.enqueueMany(
    echo,
    Array.from({ length: 50 }, (_, n) => n),
  )
  const site = new ServerSite(control)
  const injection = site.arm(fault, { forMs: 120_000 })
  await until('tasks are refused', async () => !(await accepts(app)))
  expect(injection.bites()).toMatchObject({ count: 1, victims: ['redis'] })
  await injection.disarm()
  await until('tasks are accepted again', () => accepts(app))
  const worker = app.worker({ drain: 100, onError: () => undefined }).handle(echo, (n) => n)
  await worker.start()
  const results = await Promise.all(early.map((job) => job.result({ timeout: '30s' })))
  expect(results).toEqual(early.map((_, n) => n))
}

/** The same in a container, where a Docker engine answers. */
async function redisContainer(disk?: LoopDisk): Promise<Trial> {
  const port = await freePort()
  const url = `redis://127.0.0.1:${port}`
  const control = await serverContainer({
    name: `bananas-fault-${port}`,
    image: 'redis:8',
    ports: { 6379: port },
    command: ['redis-server', '--appendonly', 'yes', '--appendfsync', 'always', '--dir', '/tmp'],
    ready: async () => (await admin(url, (client) => client.ping()).catch(() => '')) === 'PONG',
    // There in any image.
    data: '/tmp',
    ...(disk && { disk }),
  })
  onTestFinished(() => control.close())
  return { url, control }
}

const inContainer = (await promisify(execFile)('docker', ['info']).catch(() => undefined)) !== undefined

describe.runIf(inContainer)('faults of a Redis server in a container', { timeout: 120_000 }, () => {
  test.each<Fault>([
    { kind: 'server.kill', down: 200, limit: 1 },
    { kind: 'server.restart', down: 200, limit: 1 },
    { kind: 'server.pause', resumeAfter: 500, limit: 1 },
    { kind: 'server.power-cut', down: 200, limit: 1 },
  ])('$kind bites, is undone, and what was accepted is there', async (fault) => {
    const { url, control } = await redisContainer(
      fault.kind === 'server.power-cut' ? await loopDisk() : undefined,
    )
    const app = application(url)
    const jobs = await app.enqueueMany(
      echo,
      Array.from({ length: 500 }, (_, n) => n),
    )
    const injection = new ServerSite(control).arm(fault, { forMs: 60_000 })
    await until('it has bitten', async () => injection.bites().count === 1)
    await injection.disarm()
    await app
      .worker({ drain: 100 })
      .handle(echo, (n) => n)
      .start()
    const results = await Promise.all(jobs.map((job) => job.result({ timeout: '30s' })))
    expect(results).toEqual(jobs.map((_, n) => n))
  })
})

describe('faults of a Redis server', { timeout: 120_000 }, () => {
  test('server.memory-full: no more tasks are accepted, then they are, and none is lost', async () => {
    await fills(await redisServer(), { kind: 'server.memory-full' })
  })

  test('server.memory-full ends by itself', async () => {
    const { url, control } = await redisServer()
    const app = application(url)
    const injection = new ServerSite(control).arm({ kind: 'server.memory-full' }, { forMs: 5000 })
    await until('tasks are refused', async () => !(await accepts(app)))
    await until('tasks are accepted again', () => accepts(app))
    expect(injection.bites().count).toBe(1)
  })

  test('server.failover: a replica takes over, and all that was accepted runs', async () => {
    const cluster = await startReplicatedCluster(['--appendonly', 'yes'])
    onTestFinished(cluster.stop)
    const key = '{bananas:default}:ready'
    const leader = (): Promise<string> => leaderOf(cluster.nodes[0]!.port, key)
    const url = `redis-cluster:${cluster.nodes.map(({ port }) => port).join(',')}`
    const app = new Bananas({ transport: await transportFor(url) })
    onTestFinished(() => app.close())
    const worker = app.worker({ drain: 100, onError: () => undefined }).handle(echo, (n) => n)
    await worker.start()
    const site = new ServerSite({
      name: 'cluster',
      failover: () => failOver(cluster, key),
      close: async () => undefined,
    })
    expect(site.kinds).toEqual(['server.failover'])
    const before = await leader()
    const injection = site.arm({ kind: 'server.failover' }, { forMs: 60_000 })
    const jobs = await app.enqueueMany(
      echo,
      Array.from({ length: 200 }, (_, n) => n),
    )
    await injection.disarm()
    expect(await leader()).not.toBe(before)
    expect(injection.bites()).toMatchObject({ count: 1, victims: ['cluster'] })
    const results = await Promise.all(jobs.map((job) => job.result({ timeout: '60s' })))
    expect(results).toEqual(jobs.map((_, n) => n))
    expect(await (await app.enqueue(echo, 7)).result({ timeout: '30s' })).toBe(7)
  })
})

/** Id of the node that serves a key. */
async function leaderOf(port: number, key: string): Promise<string> {
  return admin(`redis://127.0.0.1:${port}`, async (client) => {
    const slot = Number(await client.call('cluster', ['keyslot', key]))
    const ranges = (await client.call('cluster', ['slots'])) as [number, number, [string, number, string]][]
    return ranges.find(([first, last]) => first <= slot && slot <= last)![2][2]
  })
}

describe('the disk of a Redis server', { timeout: 120_000 }, () => {
  if (process.getuid?.() !== 0) {
    test('cannot be filled without root, and that is said', async () => {
      await expect(loopDisk()).rejects.toThrow(/needs Linux and root/)
    })
    return
  }

  test('server.disk-full: no more tasks are accepted, then they are, and none is lost', async () => {
    const disk = await loopDisk({ bytes: 48 * 1024 ** 2 })
    // What is registered first is done last: the server must let go of its files before.
    onTestFinished(() => disk.close())
    await fills(await redisServer(disk), { kind: 'server.disk-full' })
  })
})
