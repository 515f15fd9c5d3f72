import type { Task } from '@bananasjs/core'
import type { Gathered } from '../engine/gather-value.ts'
import type { Blueprint, Policy, StepOptions } from '../signature/blueprint.ts'
import { checkPolicy, MOST_MEMBERS } from '../signature/group.ts'
import type { Linkable, MemberOutput, OutputOf } from '../signature/signature.ts'
import { blueprintOf, shapeOf, shapeWith } from '../signature/signature-value.ts'

export interface EachOptions<P extends Policy, Body extends Linkable> extends StepOptions {
  /** Runs once all members are through, and is given where their results are. Without, the result is that. */
  readonly body?: Body
  /** What becomes of the fan-out when members fail. Default `'failFast'`. */
  readonly policy?: P
  /** Ends the sending. */
  readonly signal?: AbortSignal
}

export type Each<Input> = Iterable<Input> | AsyncIterable<Input>

export type EachOutput<Output, P extends Policy, Body extends Linkable> = [Body] extends [never]
  ? Gathered<MemberOutput<Output, P>>
  : OutputOf<Body>

/** @throws QueueError INVALID naming the option */
export function eachBlueprint(
  task: Task<unknown, unknown, unknown>,
  options: EachOptions<Policy, Linkable>,
): Blueprint {
  const shape = shapeWith(shapeOf(task), options)
  const open: Blueprint = { kind: 'open', shape, policy: checkPolicy(options.policy, MOST_MEMBERS) }
  return options.body === undefined ? open : { kind: 'chain', steps: [open, blueprintOf(options.body)] }
}
