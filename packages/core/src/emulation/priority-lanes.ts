import { QueueError } from '../errors.ts'

/**
 * Priorities on a broker with one level: each queue gets lane queues, and workers take from them by weight, so that
 * high goes first and low never starves. Costs one more poll per lane.
 */
export interface Lane {
  readonly queue: string
  /** Share of turns relative to the other lanes of the queue. */
  readonly weight: number
}

const THREE: readonly { readonly suffix: string; readonly weight: number; readonly from: number }[] = [
  { suffix: '~high', weight: 16, from: 67 },
  { suffix: '', weight: 4, from: 34 },
  { suffix: '~low', weight: 1, from: 0 },
]

/** How many lanes a queue has: 1 where the broker orders by itself or lanes were switched off. */
export function laneCount(priorityLevels: number, wanted: 1 | 3): number {
  return priorityLevels > 1 ? 1 : wanted
}

export function lanesOf(queue: string, lanes: number): readonly Lane[] {
  if (lanes === 1) return [{ queue, weight: 1 }]
  return THREE.map(({ suffix, weight }) => ({ queue: queue + suffix, weight }))
}

/** The queue a message of this priority goes to. @throws QueueError INVALID for a name that looks like a lane */
export function laneFor(queue: string, priority: number, lanes: number): string {
  if (lanes === 1) return queue
  if (queue.endsWith('~high') || queue.endsWith('~low')) {
    throw new QueueError(
      'INVALID',
      `The queue name "${queue}" ends like a priority lane. Choose another, or switch lanes off: new Bananas({ lanes: 1 }).`,
    )
  }
  return queue + THREE.find((lane) => priority >= lane.from)!.suffix
}

/** The queue a lane belongs to. */
export function queueOfLane(lane: string, lanes: number): string {
  return lanes === 1 ? lane : lane.replace(/~(?:high|low)$/, '')
}
