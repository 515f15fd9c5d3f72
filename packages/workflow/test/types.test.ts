import { defineTask } from '@bananasjs/core'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { chain, chord, chunks, dag, group, map, starmap, step } from '../src/index.ts'
import type { Settled, Signature, Workflows, WorkflowRun } from '../src/index.ts'
import { add, double, echo, sum } from './app.ts'

const length = defineTask<string, number>('length')
const shout = defineTask<{ text: string; times: number }, string>('shout')

/** Never called: it is there to compile, or not to. */
function compiled(flows: Workflows): readonly unknown[] {
  return [
    // @ts-expect-error -- a number is no string
    chain(double, length),
    // @ts-expect-error -- nor in the middle
    chain(length, double, length),
    // @ts-expect-error -- a list of numbers is no number
    chord([double, double], double),
    // @ts-expect-error -- with what is bound, a number still has no text
    chain(double, step(shout).with({ times: 2 })),
    // @ts-expect-error -- no such field
    step(shout).with({ loud: true }),
    // @ts-expect-error -- a string is no number
    map(double, ['x']),
    // @ts-expect-error -- the columns are text and number
    starmap(shout, ['text', 'times'], [[1, 'x']]),
    // @ts-expect-error -- a callback is given the result
    step(double).onSuccess(length),
    // @ts-expect-error -- what is settled is a fate, not a number
    chord(group([step(double).with(1)], { policy: 'settled' }), sum),
    // @ts-expect-error -- the input is a number
    flows.start(chain(double, double), 'x'),
    // @ts-expect-error -- and may not be left out
    flows.start(chain(double, double)),
    // @ts-expect-error -- a node is given its parents by key
    dag((flow) => flow.node('sum', add, { inputs: { a: flow.node('a', step(double).with(1)) } })),
    // @ts-expect-error -- the body of a fan-out is given where results are
    flows.startEach(double, [1], { body: sum }),
  ]
}

describe('types', () => {
  it('flow from step to step, and a mismatch does not compile', () => {
    expect(compiled).toBeTypeOf('function')
    expectTypeOf(chain(length, double)).toEqualTypeOf<Signature<string, number>>()
    expectTypeOf(chain(step(shout).with({ times: 2 }), length)).toExtend<
      Signature<{ text: string }, number>
    >()
  })

  it('of a group are a tuple, of a map a list, where members may fail fates', () => {
    expectTypeOf(group([step(double).with(1), step(length).with('x'), echo])).toExtend<
      Signature<unknown, [number, number, unknown]>
    >()
    expectTypeOf(map(double, [1, 2])).toExtend<Signature<unknown, number[]>>()
    expectTypeOf(map(double, [1], { policy: 'settled' })).toExtend<Signature<unknown, Settled<number>[]>>()
    expectTypeOf(chunks(sum, [1, 2, 3], 2)).toExtend<Signature<unknown, number[]>>()
    expectTypeOf(chord(map(double, [1]), sum)).toExtend<Signature<unknown, number>>()
  })

  it('of a graph come from the nodes that make up its result', () => {
    const graph = dag((flow) => {
      const a = flow.node('a', step(double).with(1))
      const b = flow.node('b', step(length).with('x'))
      return { sum: flow.node('sum', add, { inputs: { a, b } }), b }
    })
    expectTypeOf(graph).toExtend<Signature<unknown, { readonly sum: number; readonly b: number }>>()
  })

  it('reach the result', () => {
    type Run = Awaited<ReturnType<typeof startDouble>>
    expectTypeOf<Run>().toEqualTypeOf<WorkflowRun<number>>()
  })
})

function startDouble(flows: Workflows) {
  return flows.start(chain(length, double), 'x')
}
