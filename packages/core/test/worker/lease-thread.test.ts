import { expect, onTestFinished, test } from 'vitest'
import { systemRuntime } from '../../src/runtime/system-runtime.ts'
import { LeaseThread } from '../../src/worker/lease-thread.ts'

function threadOf(): LeaseThread {
  const origin = { module: 'data:text/javascript,', factory: 'none', args: [] }
  const thread = new LeaseThread(systemRuntime, { origin, lanes: ['default'], leaseMs: 15_000 }, 10)
  onTestFinished(() => thread.stop())
  return thread
}

test('a lease thread says when it watches', async () => {
  await expect(threadOf().watching).resolves.toBeUndefined()
})

test('a lease thread that is stopped as it starts keeps nobody waiting', async () => {
  const thread = threadOf()
  await thread.stop()
  await expect(thread.watching).resolves.toBeUndefined()
})
