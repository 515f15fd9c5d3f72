import { QueueError } from '@bananasjs/core'
import type { Plugin } from '@bananasjs/core'

/** One thing that is wrong with a worker, and the promises that it breaks: one of them must be named. */
export interface BrokenRuntime {
  readonly name: string
  readonly breaks: readonly string[]
  /** Made once for each worker. */
  readonly plugins: () => readonly Plugin[]
}

const MOST_TRIES = 20

export const BROKEN_RUNTIMES: readonly BrokenRuntime[] = [
  {
    name: 'runs each handler twice',
    breaks: ['I6'],
    plugins: () => [
      {
        name: 'twice',
        async execute(_context, next) {
          await next()
          return next()
        },
      },
    ],
  },
  {
    name: 'tries again by itself, as if there were no limit',
    breaks: ['I6'],
    plugins: () => [
      {
        name: 'tries again',
        async execute(_context, next) {
          for (let tries = 1; ; tries += 1) {
            try {
              return await next()
            } catch (error) {
              if (tries === MOST_TRIES) throw error
            }
          }
        },
      },
    ],
  },
  {
    name: 'pauses for good after its first failure',
    breaks: ['stuck'],
    plugins() {
      let pause = (): void => undefined
      return [
        {
          name: 'pauses',
          worker(worker) {
            pause = () => worker.pause()
          },
          async execute(_context, next) {
            try {
              return await next()
            } catch (error) {
              pause()
              throw error
            }
          },
        },
      ]
    },
  },
  {
    name: 'is never done with an end',
    breaks: ['stuck'],
    plugins: () => [
      {
        name: 'never done',
        finish: () => Promise.reject(new QueueError('CONNECTION_LOST', 'Not yet.')),
      },
    ],
  },
]
