import { defineTask } from '@bananasjs/core'
import { expect, onTestFinished, test } from 'vitest'
import { appOn, until } from './fixtures.ts'
import { killLeader, startRabbitmqCluster } from './rabbitmq-cluster.ts'

const count = defineTask<number, number>('count', { retry: false })
const TASKS = 2000

test(
  'a quorum queue on three nodes loses nothing when its leader is killed twice in the middle of the work',
  { timeout: 480_000 },
  async () => {
    const cluster = await startRabbitmqCluster()
    onTestFinished(() => cluster.stop())
    const { app, worker } = appOn(cluster.urls, { recoveryMs: 60_000 })
    const ran = new Set<number>()
    await worker({ concurrency: 20 })
      .handle(count, async (n) => {
        await new Promise((resolve) => setTimeout(resolve, 5))
        ran.add(n)
        return n
      })
      .start()
    const accepted: number[] = []
    const sending = (async () => {
      for (let n = 0; n < TASKS; n += 20) {
        const some = Array.from({ length: 20 }, (_, at) => n + at)
        // What was not accepted for sure may have been stored: it may run, and need not.
        const sent = await app.enqueueMany(count, some).then(
          () => true,
          () => false,
        )
        if (sent) accepted.push(...some)
      }
    })()
    for (const share of [0.2, 0.5]) {
      await until('there is work', () => ran.size >= TASKS * share * 0.5, 60_000)
      await killLeader(cluster, 'bananas:q:default')
    }
    await sending
    expect(accepted.length).toBeGreaterThan(TASKS / 2)
    await until('all that was accepted has run', () => accepted.every((n) => ran.has(n)), 120_000)
  },
)
