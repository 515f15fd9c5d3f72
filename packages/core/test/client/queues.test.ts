import { Bananas, defineTask } from '@bananasjs/core'
import { memory } from '@bananasjs/core/memory'
import type { NarrowedSupports } from '../../src/memory/memory-supports.ts'
import { expect, onTestFinished, test } from 'vitest'

const mail = defineTask<string>('mail', { queue: 'mail' })

function appOn(supports: NarrowedSupports): Bananas {
  const app = new Bananas({ transport: memory({ supports }) })
  onTestFinished(() => app.close())
  return app
}

test('the counts of a queue are those of all its lanes', async () => {
  const app = appOn({ priorityLevels: 1 })
  for (const priority of [0, 50, 100]) await app.enqueue(mail, 'Ada', { priority })
  await app.enqueue(mail, 'Ada', { delay: '1h', priority: 100 })
  expect(await app.queues.inspect('mail')).toEqual({ ready: 3, delayed: 1, leased: 0, dead: 0 })
})

test('what a broker cannot count is unknown, not zero, and its queues are not listed', async () => {
  const app = appOn({ priorityLevels: 1, inspect: 'ready' })
  for (const priority of [0, 50, 100]) await app.enqueue(mail, 'Ada', { priority })
  expect(await app.queues.inspect('mail')).toEqual({
    ready: 3,
    delayed: undefined,
    leased: undefined,
    dead: 0,
  })
  await expect(app.queues.list()).rejects.toMatchObject({ code: 'UNSUPPORTED' })
})
