import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Bananas, QueueError } from '@bananasjs/core'
import { redis } from '@bananasjs/redis'
import { expect, onTestFinished, test } from 'vitest'
import { startRedisProcess } from '../../packages/redis/test/brokers/redis-process.ts'
import { readHistory } from './history.ts'
import { nap } from './kill-worker.ts'

const TASKS = 5000
const RESTARTS = 3
const WORKERS = 2

test(
  'a Redis that is killed and restarted with its log loses nothing that was acknowledged',
  { timeout: 120_000 },
  async () => {
    const server = await startRedisProcess(['--appendonly', 'yes', '--appendfsync', 'everysec'])
    onTestFinished(() => server.stop())
    const folder = await mkdtemp(join(tmpdir(), 'bananas-restart-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    const workers = Array.from({ length: WORKERS }, () => startWorker(server.url, folder))
    onTestFinished(() => stopAll(workers))
    const app = new Bananas({ transport: redis(server.url) })
    onTestFinished(() => app.close())

    const acknowledged = new Set<number>()
    const refused = new Set<number>()
    const sending = send(app, acknowledged, refused)
    for (let restart = 1; restart <= RESTARTS; restart += 1) {
      await until(() => acknowledged.size >= (restart * TASKS) / (RESTARTS + 2))
      await server.kill()
      await sleep(200) // long enough for every client to notice
      await server.start()
    }
    await sending
    await until(async () => {
      const counts = await app.queues.inspect('default').catch(() => undefined)
      return counts !== undefined && counts.ready + counts.delayed + counts.leased === 0
    })
    await stopAll(workers)

    const finished = new Map<number, number>()
    for (const { task, endedAt } of readHistory(folder)) {
      if (endedAt !== undefined) finished.set(task, (finished.get(task) ?? 0) + 1)
    }
    const lost = [...acknowledged].filter((task) => !finished.has(task))
    const duplicated = [...finished.values()].filter((times) => times > 1).length
    process.stdout.write(
      `Redis restarted ${RESTARTS} times: ${TASKS} sent, ${acknowledged.size} acknowledged, ${refused.size} refused, ` +
        `${finished.size} run, ${duplicated} finished twice, ${lost.length} lost\n`,
    )
    expect(acknowledged.size + refused.size).toBe(TASKS)
    expect(refused.size).toBeGreaterThan(0) // or the server was never away while something was sent
    expect(acknowledged.size).toBeGreaterThan(TASKS / 2)
    expect(lost).toEqual([])
    expect((await app.queues.inspect('default')).dead).toBe(0)
  },
)

/** Fifty at a time; each either resolves, and then must run, or rejects with CONNECTION_LOST, and then may have been stored or not. */
async function send(app: Bananas, acknowledged: Set<number>, refused: Set<number>): Promise<void> {
  let next = 0
  const sender = async (): Promise<void> => {
    while (next < TASKS) {
      const index = next
      next += 1
      try {
        await app.enqueue(nap, { index, ms: 1 })
        acknowledged.add(index)
      } catch (error) {
        if (!QueueError.is(error, 'CONNECTION_LOST')) throw error
        refused.add(index)
      }
    }
  }
  await Promise.all(Array.from({ length: 50 }, sender))
}

function startWorker(url: string, folder: string): ChildProcess {
  const program = join(import.meta.dirname, 'kill-worker.ts')
  return fork(program, [url, folder, '2000'], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
}

async function stopAll(workers: readonly ChildProcess[]): Promise<void> {
  await Promise.all(
    workers.map(async (worker) => {
      if (worker.exitCode !== null || worker.signalCode !== null) return
      const gone = once(worker, 'exit')
      worker.kill('SIGTERM')
      await gone
    }),
  )
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error('waited 60 s in vain')
    await sleep(5)
  }
}
