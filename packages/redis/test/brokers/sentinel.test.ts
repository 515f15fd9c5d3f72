import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Bananas, defineTask } from '@bananasjs/core'
import { Redis } from 'ioredis'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../../../tests/free-port.ts'
import { redis } from '../../src/index.ts'
import { admin, server, until } from './fixtures.ts'
import { findBinary } from './redis-process.ts'

const work = defineTask<number, number>('work', { retry: { limit: 3, delay: '50ms' } })

test(
  'producer and worker follow Sentinel to the new primary; what was replicated runs',
  { timeout: 240_000 },
  async () => {
    const primary = await server()
    const replica = await server(['--replicaof', '127.0.0.1', String(primary.port)])
    const sentinel = await startSentinel(primary.port)
    const watching = new Redis({ port: sentinel, host: '127.0.0.1', lazyConnect: false })
    watching.on('error', () => undefined)
    onTestFinished(() => watching.disconnect())
    await until(
      'the sentinel knows the replica',
      async () => {
        const replicas = (await watching.call('sentinel', ['replicas', 'primary'])) as unknown[]
        return replicas.length === 1
      },
      60_000,
    )

    const options = { sentinels: [{ host: '127.0.0.1', port: sentinel }], primaryName: 'primary' }
    const app = new Bananas({ transport: redis(options) })
    onTestFinished(() => app.close())
    const waiting = await app.enqueueMany(work, [1, 2, 3, 4, 5], { delay: '3s' })
    await until('all is replicated', async () => {
      const [main, copy] = await Promise.all([offset(primary.url), offset(replica.url)])
      return main === copy
    })
    const worker = app.worker({ drain: 200, onError: () => undefined }).handle(work, (n) => n * 10)
    await worker.start()
    expect(await (await app.enqueue(work, 9)).result({ timeout: '10s' })).toBe(90)
    await primary.kill()

    await until(
      'a task is accepted by the new primary',
      () =>
        app
          .enqueue(work, 7)
          .then((job) => job.result({ timeout: '20s' }))
          .then(
            (result) => result === 70,
            () => false,
          ),
      150_000,
    )
    const results = await Promise.all(waiting.map((job) => job.result({ timeout: '20s' })))
    expect(results).toEqual([10, 20, 30, 40, 50])
    expect(await admin(replica.url).info('replication')).toContain('role:master')
  },
)

/** One sentinel that decides alone, after three seconds without an answer. */
async function startSentinel(primaryPort: number): Promise<number> {
  const port = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'bananas-sentinel-'))
  const config = join(folder, 'sentinel.conf')
  await writeFile(
    config,
    [
      `port ${port}`,
      'bind 127.0.0.1',
      `sentinel monitor primary 127.0.0.1 ${primaryPort} 1`,
      'sentinel down-after-milliseconds primary 3000',
      'sentinel failover-timeout primary 2000',
    ].join('\n'),
  )
  const child = spawn((await findBinary())!, [config, '--sentinel'], { stdio: 'ignore' })
  onTestFinished(async () => {
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
    await rm(folder, { recursive: true, force: true })
  })
  return port
}

/** How far a server has written or read the log of replication. */
async function offset(url: string): Promise<string | undefined> {
  const client = new Redis(url)
  try {
    const info = await client.info('replication')
    return /(?:master_repl_offset|slave_repl_offset):(\d+)/.exec(info)?.[1]
  } finally {
    client.disconnect()
  }
}
