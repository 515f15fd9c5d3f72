import { Bananas, defineTask } from '@bananasjs/core'
import { memory } from '@bananasjs/core/memory'
import { virtualRuntime } from '@bananasjs/core/testing'
import { describe, expect, it } from 'vitest'
import { chain, chord, chunks, dag, group, starmap, step, workflows } from '../src/index.ts'
import { add, double, echo, sum, testFlows } from './app.ts'
import { until } from '../../../tests/until.ts'

const loop = (): unknown =>
  dag((flow) => {
    const a = flow.node('a', step(double).with(1), { after: ['c'] })
    const b = flow.node('b', echo, { inputs: { a } })
    flow.node('c', echo, { inputs: { b } })
  })

const REFUSED: Readonly<Record<string, readonly [make: () => unknown, message: string]>> = {
  'a chain of nothing': [() => chain(...([] as never)), 'at least one step'],
  'a chain of something else': [
    () => chain('double' as never),
    'made of tasks and signatures, not of string',
  ],
  'a chain of null': [() => chain(null as never), 'not of null'],
  'a group that is no list': [() => group(double as never), 'as an array'],
  'a policy nobody knows': [() => group([double], { policy: 'maybe' as never }), "must be 'failFast'"],
  'a threshold that can never be met': [
    () => group([double], { policy: { atLeast: 2 } }),
    'at least 2 of 1 can never succeed',
  ],
  'a threshold that is no number': [
    () => group([double], { policy: { atLeast: 0.5 } }),
    'policy.atLeast must be a whole number',
  ],
  'a row with a value too few': [
    () => starmap(add, ['a', 'b'], [[1] as never]),
    'row 0 has 1 values for the 2 keys a, b',
  ],
  'chunks of nothing each': [() => chunks(sum, [1], 0), 'size must be a whole number of at least 1'],
  'a graph of nothing': [() => dag(() => {}), 'at least one node'],
  'a graph that runs in a circle': [loop, 'runs in a circle: a → b → c → a'],
  'a node that waits for itself': [
    () => dag((flow) => void flow.node('a', step(double).with(1), { after: ['a'] })),
    'a → a',
  ],
  'a node that depends on nobody known': [
    () => dag((flow) => void flow.node('a', step(double).with(1), { after: ['ghost'] })),
    'Node "a" depends on "ghost", which is no node of this graph. It has: a.',
  ],
  'two nodes of one name': [
    () =>
      dag((flow) => {
        flow.node('a', step(double).with(1))
        flow.node('a', step(double).with(2))
      }),
    'two nodes named "a"',
  ],
  'a node without a name': [() => dag((flow) => void flow.node('', step(double).with(1))), 'needs a name'],
  'a priority beyond the scale': [
    () => step(double, { priority: 101 }),
    'Step "double": priority must be a whole number from 0 to 100, not 101',
  ],
  'a timeout that is no duration': [() => step(double, { timeout: 'soon' }), 'Step "double": timeout'],
  'an option that is for steps only': [
    () => (chain(double) as unknown as ReturnType<typeof step>).immutable(),
    'Only a step can be changed like this, not a chain',
  ],
}

describe('refused with INVALID, where it is written, is', () => {
  for (const [what, [make, message]] of Object.entries(REFUSED)) {
    it(what, () => {
      expect(make).toThrow(
        expect.objectContaining({ code: 'INVALID', message: expect.stringContaining(message) }),
      )
    })
  }
})

describe('refused at the start is', () => {
  const compensated = step(double)
    .with(1)
    .compensate(chain(double, double) as never)
  const cases: Readonly<
    Record<string, readonly [run: (flows: ReturnType<typeof workflows>) => Promise<unknown>, message: string]>
  > = {
    'an empty id': [(flows) => flows.start(double, 1, { id: '' }), 'a string of 1 to 200 bytes'],
    'an id that is too long': [(flows) => flows.start(double, 1, { id: 'x'.repeat(201) }), '1 to 200 bytes'],
    'an id like that of a step': [
      (flows) => flows.start(double, 1, { id: 'a.n1' }),
      'ends like that of a step',
    ],
    'a compensation of several steps': [(flows) => flows.start(compensated), 'a single step, not a chain'],
    'a list where fields are bound': [
      (flows) => flows.start(step(add).with({ a: 1 }), [1] as never),
      'has bound fields (a), and what comes before hands on a list',
    ],
    'a timeout that is no duration': [(flows) => flows.start(double, 1, { timeout: 'late' }), 'timeout'],
  }
  for (const [what, [start, message]] of Object.entries(cases)) {
    it(what, async () => {
      const { flows } = testFlows()
      await expect(start(flows)).rejects.toMatchObject({
        code: 'INVALID',
        message: expect.stringContaining(message),
      })
    })
  }

  it('workflows of no application, and one plugin in two', async () => {
    const flows = workflows()
    await expect(flows.start(double, 1)).rejects.toThrow('belong to no application yet')
    await using _first = new Bananas({ transport: memory(), plugins: [flows] })
    expect(() => new Bananas({ transport: memory(), plugins: [flows] })).toThrow('belongs to one application')
  })

  it('another workflow under the same id, and not the same one again', async () => {
    const { flows, work, ran } = testFlows()
    const once = await flows.start(chain(double, double), 1, { id: 'one' })
    const twice = await flows.start(chain(double, double), 1, { id: 'one' })
    await expect(flows.start(chain(double, double), 2, { id: 'one' })).rejects.toMatchObject({
      code: 'CONFLICT',
    })
    await expect(flows.start(double, 1, { id: 'one' })).rejects.toMatchObject({ code: 'CONFLICT' })
    await work()
    expect(await once.result()).toBe(4)
    expect(await twice.result()).toBe(4)
    expect(ran).toEqual(['double 1', 'double 2'])
  })
})

describe('without a result backend', () => {
  it('a chain of a few steps travels in its messages', async () => {
    const { broker, channel } = memory()
    const { flows, work, ran, errors } = testFlows({ transport: { broker, channel } })
    await work()
    await flows.start(chain(double, double, step(echo).with({ kept: true }).immutable()), 2)
    await until('it is through', () => ran.length === 3)
    expect(ran).toEqual(['double 2', 'double 4', 'echo {"kept":true}'])
    expect(errors).toEqual([])
  })

  it('what joins, is long, or is to be looked at is refused', async () => {
    const { broker, channel } = memory()
    const { flows } = testFlows({ transport: { broker, channel } })
    await expect(flows.start(chain(double, group([double, double])), 1)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
    })
    const long = chain(...Array.from({ length: 500 }, () => step(double)))
    await expect(flows.start(long, 1)).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    const run = await flows.start(chain(double, double), 1)
    await expect(run.status()).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    await expect(run.cancel()).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })
})

describe('a workflow that cannot go on fails with a clear error', () => {
  it('when a result has expired before the join', async () => {
    const brief = defineTask<number, number>('brief', { resultTtl: 10, retry: false })
    const { flows, work } = testFlows()
    await work({}, (worker) => worker.handle(brief, (n) => n))
    const late = step(double).with(1).options({ delay: 100 })
    const run = await flows.start(chord(group([step(brief).with(1), late]), sum))
    await expect(run.result()).rejects.toThrow('is needed and no longer there. Keep results for as long')
  })

  it('when a result is larger than the backend takes', async () => {
    const large = defineTask<number, string>('large', { retry: false })
    const { flows, work } = testFlows()
    await work({}, (worker) => worker.handle(large, () => 'x'.repeat(17 * 1024 * 1024)))
    const run = await flows.start(chain(large, echo), 1)
    await expect(run.result({ timeout: '20s' })).rejects.toMatchObject({
      cause: { code: 'TOO_LARGE' },
    })
  }, 25_000)

  it('when an input is too large to be sent, and says which step', async () => {
    const { flows, errors } = testFlows()
    const run = await flows.start(step(echo), 'x'.repeat(17 * 1024 * 1024)).catch((error: unknown) => error)
    expect(run).toMatchObject({ code: 'TOO_LARGE' })
    expect(errors).toEqual([])
  })

  it('when no worker knows the task of a step, after it was given back many times', async () => {
    const runtime = virtualRuntime()
    const nobodys = defineTask<number, number>('nobodys', { retry: false })
    const { flows, work } = testFlows({ transport: memory({ runtime }), runtime })
    await work()
    const run = await flows.start(chain(double, nobodys, double), 1)
    await runtime.advance(20 * 60_000)
    const status = await run.status()
    expect(status).toMatchObject({ state: 'failed', error: { message: expect.stringContaining('nobodys') } })
    expect(status.nodes.map(({ state }) => state)).toEqual(['succeeded', 'failed', 'failed'])
  })

  it('when its plan has been forgotten', async () => {
    const transport = memory()
    const { flows } = testFlows({ transport }, { keep: 5 })
    const run = await flows.start(chain(step(double).options({ delay: 200 }), double), 1)
    await new Promise((resolve) => setTimeout(resolve, 20))
    const elsewhere = testFlows({ transport })
    await expect(elsewhere.flows.run(run.id).status()).rejects.toThrow(
      "Keep workflows longer: workflows({ keep: '30d' })",
    )
    await expect(elsewhere.flows.run(run.id).cancel()).rejects.toMatchObject({ code: 'INVALID' })
  })
})
