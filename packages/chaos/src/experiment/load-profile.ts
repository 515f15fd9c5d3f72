import { readFileSync } from 'node:fs'
import { parseDuration, QueueError } from '@bananasjs/core'
import type { Load } from './experiment.ts'

/** How many tasks are due after so many milliseconds of a load that lasts `totalMs`. Never falls. */
export type Due = (elapsedMs: number) => number

/** No load may be larger: what became of each task is kept in memory. */
export const MOST_TASKS = 5_000_000

/** @throws QueueError INVALID for a recording that cannot be read */
export function loadProfile(load: Load, totalMs: number): Due {
  const most = Math.min(load.tasks ?? MOST_TASKS, MOST_TASKS)
  const due = shapeOf(load, totalMs)
  return (elapsedMs) => Math.min(most, Math.floor(due(Math.max(0, Math.min(elapsedMs, totalMs)))))
}

function shapeOf(load: Load, totalMs: number): Due {
  switch (load.shape) {
    case 'constant':
      return (ms) => (load.rate * ms) / 1000
    case 'ramp':
      // The integral of a rate that grows evenly.
      return (ms) => (load.from * ms + ((load.to - load.from) * ms * ms) / (2 * totalMs)) / 1000
    case 'burst': {
      const everyMs = Math.max(1, parseDuration(load.every, 'load.every'))
      return (ms) => (load.rate * ms) / 1000 + load.size * Math.floor(ms / everyMs)
    }
    case 'replay': {
      const offsets = offsetsOf(load)
      const speed = load.speed ?? 1
      return (ms) => countUpTo(offsets, ms * speed)
    }
  }
}

/** Sorted milliseconds from the start of the recording. A file has one such number a line. */
function offsetsOf(load: Load & { readonly shape: 'replay' }): Float64Array {
  if ('offsetsMs' in load) return Float64Array.from(load.offsetsMs).sort()
  const numbers = readFileSync(load.file, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(Number)
  const wrong = numbers.findIndex((number) => !(number >= 0))
  if (wrong >= 0)
    throw new QueueError('INVALID', `${load.file}:${wrong + 1}: it must be milliseconds from the start.`)
  return Float64Array.from(numbers).sort()
}

function countUpTo(sorted: Float64Array, value: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! <= value) low = middle + 1
    else high = middle
  }
  return low
}
