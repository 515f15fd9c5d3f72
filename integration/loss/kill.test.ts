import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startRedisProcess } from '../../packages/redis/test/brokers/redis-process.ts'
import { runKillTest } from './run-kill-test.ts'

const test = { tasks: 20_000, workers: 4, killEveryMs: 300, leaseMs: 2000 }

/** Each makes a store of its own and gives its address with what removes it. */
const stores: Readonly<Record<string, () => Promise<{ url: string; stop: () => Promise<void> }>>> = {
  async SQLite() {
    const folder = await mkdtemp(join(tmpdir(), 'bananas-kill-sqlite-'))
    const stop = (): Promise<void> => rm(folder, { recursive: true, force: true })
    return { url: `sqlite:${join(folder, 'queue.db')}`, stop }
  },
  Redis: () => startRedisProcess(),
}

describe.each(Object.keys(stores))(
  '20,000 tasks on %s while a random worker is killed every 300 ms',
  (name) => {
    it(
      'finishes every task, never holds one twice at once, and repeats only what a killed worker held',
      { timeout: 180_000 },
      async () => {
        const store = await stores[name]!()
        try {
          const report = await runKillTest({ ...test, url: store.url })
          process.stdout.write(`kill test on ${name}: ${summary(report)}\n`)
          expect(report.kills).toBeGreaterThan(10)
          expect(report).toMatchObject({ lost: [], overlaps: [], unexplained: [], remaining: 0 })
        } finally {
          await store.stop()
        }
      },
    )
  },
)

function summary({ kills, runs, duplicated, lost }: Awaited<ReturnType<typeof runKillTest>>): string {
  return `${test.tasks} tasks, ${kills} kills, ${runs} runs, ${duplicated} finished twice, ${lost.length} lost`
}
