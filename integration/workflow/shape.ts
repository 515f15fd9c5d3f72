import fc from 'fast-check'
import type { Policy } from '@bananasjs/workflow'

/** A workflow as data, from which both a signature and its plain evaluation are made. */
export type Shape = LeafShape | ChainShape | GroupShape | MapShape | DagShape

export interface LeafShape extends Called {
  readonly kind: 'leaf'
  readonly op: number
  /** `flaky` fails at its first attempt only. */
  readonly fate: 'well' | 'flaky' | 'fails'
}

export interface ChainShape extends Called {
  readonly kind: 'chain'
  readonly steps: readonly Shape[]
}

export interface GroupShape extends Called {
  readonly kind: 'group'
  readonly members: readonly Shape[]
  readonly policy: Policy
}

export interface MapShape extends Called {
  readonly kind: 'map'
  readonly op: number
  readonly inputs: readonly number[]
}

export interface DagShape extends Called {
  readonly kind: 'dag'
  readonly nodes: readonly {
    readonly link: Shape
    /** How far before this node its parents stand; those too far are nobody. */
    readonly inputs: readonly number[]
    readonly after: readonly number[]
  }[]
}

interface Called {
  readonly call?: { readonly on: 'success' | 'failure' | 'complete'; readonly op: number } | undefined
}

/** Tasks there are. */
export const OPS = 16

const op = fc.nat({ max: OPS - 1 })
const call = fc.option(
  fc.record({ on: fc.constantFrom('success', 'failure', 'complete'), op }, { noNullPrototype: true }),
  { nil: undefined, freq: 5 },
)
const policy: fc.Arbitrary<Policy> = fc.oneof(
  fc.constantFrom<Policy>('failFast', 'waitForAll', 'settled'),
  fc.constant<Policy>({ atLeast: 1 }),
)

/** `failing`: leaves may fail for good. */
export function shapes(failing: boolean): fc.Arbitrary<Shape> {
  const fate = fc.oneof(
    { weight: 16, arbitrary: fc.constant('well' as const) },
    { weight: 2, arbitrary: fc.constant('flaky' as const) },
    { weight: failing ? 2 : 0, arbitrary: fc.constant('fails' as const) },
  )
  return fc.letrec<{ shape: Shape; leaf: LeafShape }>((tie) => {
    const nodes = fc.array(
      fc.record({
        link: tie('shape'),
        inputs: fc.uniqueArray(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
        after: fc.uniqueArray(fc.integer({ min: 1, max: 3 }), { maxLength: 1 }),
      }),
      { minLength: 1, maxLength: 4 },
    )
    return {
      leaf: fc.record({ kind: fc.constant('leaf' as const), op, fate, call }),
      shape: fc.oneof(
        { depthSize: 'small', maxDepth: 4 },
        tie('leaf'),
        fc.record({
          kind: fc.constant('chain' as const),
          steps: fc.array(tie('shape'), { minLength: 1, maxLength: 4 }),
          call,
        }),
        fc
          .record({
            kind: fc.constant('group' as const),
            members: fc.array(tie('shape'), { maxLength: 4 }),
            policy,
            call,
          })
          .map(possible),
        fc.record({
          kind: fc.constant('map' as const),
          op,
          inputs: fc.array(fc.nat({ max: 99 }), { maxLength: 5 }),
          call,
        }),
        fc.record({ kind: fc.constant('dag' as const), nodes, call }),
      ),
    }
  }).shape
}

/** Nobody can be at least one. */
function possible(shape: GroupShape): GroupShape {
  return shape.members.length === 0 ? { ...shape, policy: 'failFast' } : shape
}
