import { defineTask, QueueError } from '@bananasjs/core'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { appOn, message, transportOn, until } from './fixtures.ts'
import { startNatsCluster } from './nats-cluster.ts'
import type { NatsCluster } from './nats-cluster.ts'

const add = defineTask<number, number>('add', { retry: false })
const PATIENCE = { timeout: 180_000 }
const TASKS = 300

describe('three servers that keep every message', () => {
  let cluster: NatsCluster
  beforeAll(async () => {
    cluster = await startNatsCluster()
    return () => cluster.stop()
  }, PATIENCE.timeout)

  test('what is stored on them is declared to survive the loss of a machine', PATIENCE, async () => {
    const { broker, results } = transportOn(cluster.urls, { replicas: 3, prefix: 'declared' })
    await broker.open()
    await results.open()
    expect([broker.supports.durability, results.supports.durability]).toEqual(['quorum', 'quorum'])
  })

  test('more replicas than servers are UNSUPPORTED, and say so', PATIENCE, async () => {
    const { broker } = transportOn(cluster.urls, { replicas: 5, prefix: 'too-many', recoveryMs: 500 })
    await expect(broker.publish('q', [message()])).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('replicas') as string,
    })
  })

  test('the loss of the leader loses no task, and all run', PATIENCE, async () => {
    const { app, worker } = appOn(cluster.urls, { replicas: 3, recoveryMs: 60_000 })
    const ran = new Set<number>()
    await worker({ concurrency: 10 })
      .handle(add, (n) => {
        ran.add(n)
        return n + 1
      })
      .start()
    const sending = (async () => {
      for (let n = 0; n < TASKS; n += 10)
        await app.enqueueMany(
          add,
          Array.from({ length: 10 }, (_, index) => n + index),
        )
    })()
    await until('some ran', () => ran.size > TASKS / 10, 60_000)
    const killed = await leader(cluster, () => true)
    await cluster.processes[killed]!.kill()
    onTestFinished(() => cluster.processes[killed]!.start())
    await sending
    await until('all ran', () => ran.size === TASKS, 90_000)
    expect(await leader(cluster, (next) => next !== killed)).not.toBe(killed)
    await until(
      'nothing is left',
      async () => {
        const { ready, leased = 0, dead } = await app.queues.inspect('default')
        return ready + leased + dead === 0
      },
      60_000,
    )
  })
})

test('one replica whose server is down is told as CONNECTION_LOST, and waited for', PATIENCE, async () => {
  const cluster = await startNatsCluster()
  onTestFinished(() => cluster.stop())
  const { broker } = transportOn(cluster.urls)
  await broker.publish('q', [message()])
  const keeper = await leader(cluster, () => true)
  await cluster.processes[keeper]!.quit() // a cluster takes longer than this test to say so of one that was killed
  const other = transportOn(cluster.urls, { recoveryMs: 500 })
  const offline = async (): Promise<boolean> => {
    const error: unknown = await other.broker.inspect!('q').catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'CONNECTION_LOST', retryable: true })
    return String(error).includes('all servers that keep the stream are down')
  }
  // The one that is gone may have led them all: the others say so once they have chosen a leader.
  await until('the cluster tells so', offline, 90_000)
  const patient = transportOn(cluster.urls, { recoveryMs: 60_000 })
  const asking = patient.broker.inspect!('q')
  await cluster.processes[keeper]!.start()
  expect(await asking).toMatchObject({ ready: 1 })
})

test('a server that comes late is waited for, until its time is over', PATIENCE, async () => {
  const cluster = await startNatsCluster({ late: 1 })
  onTestFinished(() => cluster.stop())
  const impatient = transportOn(cluster.urls, { replicas: 3, recoveryMs: 500 })
  const refused = async (): Promise<boolean> => {
    const error: unknown = await impatient.broker.open().catch((reason: unknown) => reason)
    // Two that have just met may be silent for seconds.
    if (QueueError.is(error, 'CONNECTION_LOST')) return false
    expect(error).toMatchObject({ code: 'UNSUPPORTED' })
    return String(error).includes('Start those that are down')
  }
  await until('it is refused', refused, 60_000)
  const { broker } = transportOn(cluster.urls, { replicas: 3, recoveryMs: 60_000 })
  const opening = broker.open()
  await cluster.complete()
  await opening
  expect(await broker.publish('q', [message()])).toEqual([])
})

/** Who leads the stream of the queues, once it is somebody fitting. */
async function leader(cluster: NatsCluster, fits: (place: number) => boolean): Promise<number> {
  let place = -1
  await until(
    'the stream has a leader',
    async () => {
      place = await cluster.leaderOf('bananas-queues')
      return place >= 0 && fits(place)
    },
    60_000,
  )
  return place
}
