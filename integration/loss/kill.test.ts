import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runKillTest } from './run-kill-test.ts'

const test = { tasks: 20_000, workers: 4, killEveryMs: 300, leaseMs: 2000 }

describe('20,000 tasks on SQLite while a random worker is killed every 300 ms', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bananas-kill-sqlite-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it(
    'finishes every task, never holds one twice at once, and repeats only what a killed worker held',
    { timeout: 180_000 },
    async () => {
      const report = await runKillTest({ ...test, url: `sqlite:${join(folder, 'queue.db')}` })
      process.stdout.write(`kill test on SQLite: ${summary(report)}\n`)
      expect(report.kills).toBeGreaterThan(10)
      expect(report).toMatchObject({ lost: [], overlaps: [], unexplained: [], remaining: 0 })
    },
  )
})

function summary({ kills, runs, duplicated, lost }: Awaited<ReturnType<typeof runKillTest>>): string {
  return `${test.tasks} tasks, ${kills} kills, ${runs} runs, ${duplicated} finished twice, ${lost.length} lost`
}
