import { QueueError } from '@bananasjs/core'
import type { Task } from '@bananasjs/core'
import type { Policy, StepOptions } from './blueprint.ts'
import type { GroupOutput, Linkable, MemberOutput, Shared, Signature } from './signature.ts'
import { blueprintOf, checkWhole, createSignature, shapeOf, shapeWith } from './signature-value.ts'

export interface GroupOptions<P extends Policy = Policy> {
  /** What becomes of the group when members fail. Default `'failFast'`. */
  readonly policy?: P
}

/** `arrive` counts positions up to 2^20. */
export const MOST_MEMBERS: number = 2 ** 20

/**
 * All at once; hands on their results in the order of the members, `[]` when there are none.
 * @throws QueueError INVALID for a threshold that can never be met, or more than 2^20 members
 */
export function group<const Members extends readonly Linkable[], const P extends Policy = 'failFast'>(
  members: Members,
  options: GroupOptions<P> = {},
): Signature<Shared<Members>, GroupOutput<Members, P>> {
  if (!Array.isArray(members))
    throw new QueueError('INVALID', 'A group is given its members as an array: group([a, b]).')
  const policy = checkPolicy(options.policy, members.length)
  return createSignature({ kind: 'group', members: members.map(blueprintOf), policy })
}

/** A group of one task, once for each input. */
export function map<Input, Output, Parsed, const P extends Policy = 'failFast'>(
  task: Task<Input, Output, Parsed>,
  inputs: readonly NoInfer<Input>[],
  options: GroupOptions<P> & StepOptions = {},
): Signature<unknown, MemberOutput<Output, P>[]> {
  const policy = checkPolicy(options.policy, inputs.length)
  const shape = shapeWith(shapeOf(task), options)
  return createSignature({ kind: 'map', shape, inputs: [...inputs], policy })
}

/** Like `map`, with the input's fields in columns: `starmap(resize, ['url', 'width'], [[a, 300], [b, 600]])`. */
export function starmap<
  Input extends object,
  Output,
  Parsed,
  const Keys extends readonly (keyof Input & string)[],
  const P extends Policy = 'failFast',
>(
  task: Task<Input, Output, Parsed>,
  keys: Keys,
  rows: readonly { readonly [At in keyof Keys]: Input[Keys[At]] }[],
  options: GroupOptions<P> & StepOptions = {},
): Signature<unknown, MemberOutput<Output, P>[]> {
  const inputs = rows.map((row, at) => {
    if (row.length === keys.length) return Object.fromEntries(keys.map((key, column) => [key, row[column]]))
    throw new QueueError(
      'INVALID',
      `starmap: row ${at} has ${row.length} values for the ${keys.length} keys ${keys.join(', ')}.`,
    )
  })
  return map(task, inputs as Input[], options)
}

/** A group of one task that takes lists, once for each `size` of the items. */
export function chunks<Item, Output, Parsed, const P extends Policy = 'failFast'>(
  task: Task<readonly Item[], Output, Parsed>,
  items: readonly NoInfer<Item>[],
  size: number,
  options: GroupOptions<P> & StepOptions = {},
): Signature<unknown, MemberOutput<Output, P>[]> {
  if (!Number.isInteger(size) || size < 1)
    throw new QueueError('INVALID', `chunks: size must be a whole number of at least 1, not ${String(size)}.`)
  const inputs = Array.from({ length: Math.ceil(items.length / size) }, (_, at) =>
    items.slice(at * size, (at + 1) * size),
  )
  return map(task, inputs, options)
}

/** @throws QueueError INVALID */
export function checkPolicy(policy: Policy | undefined, members: number): Policy {
  if (members > MOST_MEMBERS)
    throw new QueueError(
      'INVALID',
      `A group has at most ${MOST_MEMBERS} members, not ${members}. Chunk the inputs, or nest groups.`,
    )
  if (typeof policy === 'object') {
    checkWhole(policy.atLeast, MOST_MEMBERS, 'policy.atLeast')
    if (policy.atLeast > members)
      throw new QueueError('INVALID', `policy: at least ${policy.atLeast} of ${members} can never succeed.`)
    return policy
  }
  const known = policy ?? 'failFast'
  if (known === 'failFast' || known === 'waitForAll' || known === 'settled') return known
  throw new QueueError(
    'INVALID',
    `policy must be 'failFast', 'waitForAll', 'settled' or { atLeast: n }, not ${String(policy)}.`,
  )
}
