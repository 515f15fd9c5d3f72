import { Bananas, defineTask } from '@bananasjs/core'
import type { Task } from '@bananasjs/core'
import { DeliveryCheck } from '../delivery-check.ts'
import type { DeliveryVerdict } from '../delivery-check.ts'
import type { Payload } from '../payload.ts'
import type { QueueSystem } from '../systems/queue-system.ts'
import { transportOn } from '../systems/bananas-kinds.ts'
import { drained } from './process-no-op.ts'

/** The process that drains; its resident memory is what is looked at. */
export interface ScaleOrder {
  readonly place: string
  readonly warmUp: number
  readonly tasks: number
}

export interface ScaleAnswer {
  readonly rate: number
  readonly delivery: DeliveryVerdict
  /** Resident set in MB (10^6 bytes), every SAMPLE_MS of the long drain. */
  readonly rss: readonly number[]
}

const CONCURRENCY = 100
const SAMPLE_MS = 100

const order = JSON.parse(process.argv[2]!) as ScaleOrder
const app = new Bananas({ transport: await transportOn(order.place) })
const warmUp = new DeliveryCheck(order.warmUp)
await drained(consumer('warm-up'), warmUp, CONCURRENCY)
const check = new DeliveryCheck(order.tasks)
const rss = [residentMb()]
const timer = setInterval(() => rss.push(residentMb()), SAMPLE_MS)
const { rate } = await drained(consumer('long'), check, CONCURRENCY)
clearInterval(timer)
rss.push(residentMb())
await app.close()
const answer: ScaleAnswer = { rate, delivery: check.verdict(), rss }
process.send!(answer, () => process.disconnect())

function consumer(queue: string): Pick<QueueSystem, 'work' | 'pending'> {
  const task: Task<Payload, number | undefined> = defineTask('bench', { queue, ignoreResult: true })
  return {
    async work(concurrency, handler) {
      await app
        .worker({ queues: [queue], concurrency })
        .handle(task, handler)
        .start()
    },
    async pending() {
      const { ready, leased = 0 } = await app.queues.inspect(queue)
      return ready + leased
    },
  }
}

function residentMb(): number {
  return process.memoryUsage.rss() / 1e6
}
