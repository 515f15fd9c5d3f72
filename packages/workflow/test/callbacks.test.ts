import { describe, expect, it } from 'vitest'
import { chain, group, step } from '../src/index.ts'
import type { EndReport } from '../src/index.ts'
import { add, double, echo, fail, testFlows } from './app.ts'
import { until } from '../../../tests/until.ts'

describe('a callback', () => {
  it('runs with the result, beside the workflow', async () => {
    const { flows, work, ran } = testFlows()
    await work()
    const run = await flows.start(chain(step(double).onSuccess(echo), double), 1)
    expect(await run.result()).toBe(4)
    await until('the callback ran', () => ran.includes('echo 2'))
  })

  it('for failures runs with the error, also when an earlier step is to blame', async () => {
    const { flows, work, ran } = testFlows()
    await work()
    const run = await flows.start(chain(fail, step(double).onFailure(step(echo).with({ late: true }))), 'x')
    await expect(run.result()).rejects.toThrow('failed with')
    await until('the callback ran', () => ran.some((line) => line.includes('"late":true')))
    const told = JSON.parse(ran.find((line) => line.startsWith('echo'))!.slice(5)) as Record<string, unknown>
    expect(told).toMatchObject({
      workflow: run.id,
      error: { message: expect.stringContaining('failed with') },
    })
  })

  it('for any end runs in the end, whatever it is; several in one place all run', async () => {
    const { flows, work, ran } = testFlows()
    await work()
    const told = (word: string) => step(echo).with({ word })
    const well = chain(double).onComplete(told('a')).onComplete(told('b')).onFailure(told('never'))
    expect(await (await flows.start(well, 1)).result()).toBe(2)
    const badly = chain(step(fail))
      .onComplete(told('c'))
      .onSuccess(step(echo).with({ word: 'never' }).immutable())
    await expect((await flows.start(badly)).result()).rejects.toThrow()
    await until('all ran', () =>
      ['a', 'b', 'c'].every((word) => ran.some((line) => line.includes(`"word":"${word}"`))),
    )
    expect(ran.some((line) => line.includes('never'))).toBe(false)
    expect(ran.find((line) => line.includes('"a"'))).toContain('"status":"fulfilled","value":2')
    expect(ran.find((line) => line.includes('"c"'))).toContain('"status":"rejected"')
  })

  it('of a whole group is given the whole result', async () => {
    const { flows, work, ran } = testFlows()
    await work()
    const run = await flows.start(group([step(double).with(1), step(double).with(2)]).onSuccess(echo))
    expect(await run.result()).toEqual([2, 4])
    await until('the callback ran', () => ran.includes('echo [2,4]'))
  })

  it('that fails changes nothing, and may have callbacks itself', async () => {
    const { flows, work, ran } = testFlows()
    await work()
    const run = await flows.start(
      chain(step(double).onSuccess(step(fail).onFailure(step(echo).with({ deep: true }))), double),
      1,
    )
    expect(await run.result()).toBe(4)
    await until('the callback of the callback ran', () => ran.some((line) => line.includes('"deep":true')))
  })

  it('may be a workflow of its own', async () => {
    const { flows, work, ran } = testFlows()
    await work()
    await flows.start(step(double).onSuccess(chain(double, group([double, echo]), echo)), 1)
    await until('the callback ran to its end', () => ran.includes('echo [8,4]'))
  })

  it('in this process hears of every step and of the whole, several of one, and is reported when it throws', async () => {
    const heard: EndReport[] = []
    const { flows, work, errors } = testFlows()
    await work()
    flows.onSuccess((end) => {
      heard.push(end)
      throw new Error('listener')
    })
    const doubled: unknown[] = []
    const others: unknown[] = []
    const stop = flows.onComplete((end) => void doubled.push(end.output), { task: 'double' })
    flows.onFailure((end) => void others.push(end))
    const run = await flows.start(chain(add, double), { a: 1, b: 2 })
    expect(await run.result()).toBe(6)
    await until('all were heard of', () => heard.length === 3)
    expect(heard).toMatchObject([
      { workflow: run.id, task: 'add', state: 'succeeded', output: 3, attempt: 1 },
      { workflow: run.id, task: 'double', state: 'succeeded', output: 6 },
      { workflow: run.id, id: run.id, task: 'workflow', state: 'succeeded' },
    ])
    expect(errors.map(({ code }) => code)).toEqual(['TASK_FAILED', 'TASK_FAILED', 'TASK_FAILED'])
    expect(doubled).toEqual([6])
    expect(others).toEqual([])
    stop()
    const failing = await flows.start(chain(double, fail), 1)
    await expect(failing.result()).rejects.toThrow()
    await until('failures were heard of', () => others.length === 2)
    expect(others).toMatchObject([
      { task: 'fail', state: 'failed', error: { message: 'failed with 2' } },
      { task: 'workflow', state: 'failed' },
    ])
    expect(doubled).toEqual([6])
  })
})
