import { chain, dag, group, map, step } from '@bananasjs/workflow'
import type { DagRef, Linkable, Signature } from '@bananasjs/workflow'
import { opTask } from './ops.ts'
import type { DagShape, Shape } from './shape.ts'

type Loose = Signature<unknown, unknown>

/** The types of a shape are known at run time only. */
const link = chain as unknown as (...steps: readonly Linkable[]) => Loose

export function signatureOf(shape: Shape): Loose {
  const plain = bare(shape)
  const { call } = shape
  if (call === undefined) return plain
  const callback = step(opTask(call.op, 'well')) as Loose
  if (call.on === 'success') return plain.onSuccess(callback)
  return call.on === 'failure' ? plain.onFailure(callback) : plain.onComplete(callback)
}

function bare(shape: Shape): Loose {
  switch (shape.kind) {
    case 'leaf':
      return step(opTask(shape.op, shape.fate)) as Loose
    case 'chain':
      return link(...shape.steps.map(signatureOf))
    case 'group':
      return group(shape.members.map(signatureOf), { policy: shape.policy }) as Loose
    case 'map':
      return map(opTask(shape.op, 'well'), shape.inputs) as Loose
    case 'dag':
      return graphOf(shape)
  }
}

function graphOf({ nodes }: DagShape): Loose {
  return dag((flow) => {
    const refs: DagRef[] = []
    for (const [at, { link: one, inputs, after }] of nodes.entries()) {
      const parents = parentsOf(at, inputs)
      refs.push(
        flow.node(`n${at}`, signatureOf(one) as never, {
          inputs: Object.fromEntries(parents.map((parent) => [`n${parent}`, refs[parent]!])) as {},
          after: parentsOf(at, after).map((parent) => refs[parent]!),
        }),
      )
    }
  }) as Loose
}

export function parentsOf(at: number, distances: readonly number[]): readonly number[] {
  return distances.map((distance) => at - distance).filter((parent) => parent >= 0)
}
