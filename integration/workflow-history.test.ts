import { checkHistory, memoryHistory, recordEnd, recordHistory, showJudgement } from '@bananasjs/chaos'
import type { HistoryEvent } from '@bananasjs/chaos'
import { Bananas, defineTask } from '@bananasjs/core'
import { memory } from '@bananasjs/core/memory'
import { chord, step, workflows } from '@bananasjs/workflow'
import { expect, it, onTestFinished } from 'vitest'

const member = defineTask<number, string>('member')
const callback = defineTask<readonly string[], number>('callback')
const MEMBERS = 20

it('a chord runs each member once, then its callback with their results in order', async () => {
  const history = memoryHistory(() => performance.now())
  const { transport, plugin } = recordHistory(history)
  const flows = workflows()
  const app = new Bananas({ transport: transport(memory()), plugins: [plugin, flows] })
  onTestFinished(() => app.close())
  const members = new Map<number, string>()
  const worker = app.worker({ signals: [], concurrency: 7 })
  worker.handle(member, (position, { id }) => {
    members.set(position, id)
    return id
  })
  worker.handle(callback, (from, { id: task, rootId: flow }) => {
    history.write({ kind: 'gathered', flow, task, from })
    return from.length
  })
  await worker.start()
  const positions = Array.from({ length: MEMBERS }, (_, index) => index)
  const run = await flows.start(
    chord(
      positions.map((position) => step(member).with(position)),
      callback,
    ),
  )
  expect(await run.result()).toBe(MEMBERS)
  await worker.stop()
  await recordEnd(app.broker, await app.broker.queues!(), history)
  const { task } = history.events.find(({ kind }) => kind === 'gathered') as HistoryEvent & { task: string }
  const after = positions.map((position) => members.get(position)!)
  const plans = [task, ...after].map((id): HistoryEvent => ({
    kind: 'plan',
    at: 0,
    by: 'test',
    flow: run.id,
    task: id,
    after: id === task ? after : [],
  }))
  const judgement = checkHistory([...plans, ...history.events])
  expect(judgement.verdict, showJudgement(judgement)).toBe('kept')
  expect(judgement.findings.find(({ id }) => id === 'I11')!.outcome).toBe('kept')
})
