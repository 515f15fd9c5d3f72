import { ChaosController } from '@bananasjs/chaos'
import { redis } from '@bananasjs/redis'
import { DeliveryCheck } from '../delivery-check.ts'
import type { DeliveryVerdict } from '../delivery-check.ts'
import { payload } from '../payload.ts'
import { Stopwatch } from '../stopwatch.ts'
import { bananasKind } from '../systems/bananas-system.ts'
import { drained } from './process-no-op.ts'

/** The process whose time is taken. */
export interface IdleOrder {
  readonly url: string
  readonly prefix: string
  readonly chaos: boolean
  readonly tasks: number
}

export interface IdleAnswer {
  /** Microseconds of processor time per task. */
  readonly enqueue: number
  readonly process: number
  readonly delivery: DeliveryVerdict
}

const CONCURRENCY = 100

const { url, prefix, chaos: installed, tasks } = JSON.parse(process.argv[2]!) as IdleOrder
const chaos = new ChaosController({ enabled: true })
const connect = async (): Promise<ReturnType<typeof redis>> => redis(url, { prefix })
const kind = bananasKind({
  name: 'Bananas',
  separate: true,
  connect: installed ? async () => chaos.transport(await connect()) : connect,
  options: () => (installed ? { plugins: [chaos.plugin], runtime: chaos.skewed } : {}),
  clear: async () => undefined,
})
await through('warm-up')
const answer = await through('measured')
process.send!(answer, () => process.disconnect())

async function through(queue: string): Promise<IdleAnswer> {
  const check = new DeliveryCheck(tasks)
  const system = await kind.open({ queue, results: false })
  const watch = new Stopwatch()
  let next = 0
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      while (next < tasks) await system.add(payload(next++))
    }),
  )
  const { cpu: enqueue } = watch.figures(tasks)
  const { cpu } = await drained(system, check, CONCURRENCY)
  await system.close()
  return { enqueue, process: cpu, delivery: check.verdict() }
}
