import { setTimeout as sleep } from 'node:timers/promises'
import type { OwnWork } from '@bananasjs/chaos'
import { send } from './send.ts'

/** What the experiment sends, who handles it, and what is right: shared by the one who sends and the workers. */
export const ownWork: OwnWork = {
  task: send,
  input: (order) => ({ order }),
  register(worker) {
    worker.handle(send, async ({ order }, { signal }) => {
      await sleep(20, undefined, { signal })
      return `order ${order} has gone out`
    })
  },
  isRight: (value, order) => value === `order ${order} has gone out`,
}
