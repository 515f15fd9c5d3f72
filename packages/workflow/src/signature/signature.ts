import type { Task } from '@bananasjs/core'
import type { Blueprint, Policy, StepOptions } from './blueprint.ts'

/**
 * Something to be done that takes `In` from what goes before and hands `Out` on. A value: every method answers with
 * another one, and one signature may stand in many workflows.
 */
export interface Signature<In = unknown, Out = unknown> {
  readonly blueprint: Blueprint
  /** Carries the types; never set. */
  readonly types?: { readonly input: (input: In) => void; readonly output: Out }
  /** Also runs this with the result. What becomes of it changes nothing. Several may be given. */
  onSuccess<L extends Linkable>(callback: L & Follows<Out, L>): Signature<In, Out>
  /** Also runs this when it failed, or never ran because one before it failed. */
  onFailure<L extends Linkable>(callback: L & Follows<StepFailure, L>): Signature<In, Out>
  /** Also runs this in the end, whatever the end. */
  onComplete<L extends Linkable>(callback: L & Follows<StepEnd<Out>, L>): Signature<In, Out>
}

/** A signature of one task. */
export interface Step<In = unknown, Out = unknown> extends Signature<In, Out> {
  /**
   * Binds part of the input, or all of it. Bound fields stand, whatever the step before returns; an input that is no
   * plain object is bound as a whole.
   */
  with<const Bound extends BindableTo<In>>(bound: Bound): Step<Unbound<In, Bound>, Out>
  /** Takes nothing from the step before: runs with what is bound. */
  immutable(): Step<unknown, Out>
  /** @throws QueueError INVALID naming the option */
  options(options: StepOptions): Step<In, Out>
  /** What takes this step's effect back, given its result, when the workflow fails later on. */
  compensate<L extends Linkable>(undo: L & Follows<Out, L>): Step<In, Out>
  onSuccess<L extends Linkable>(callback: L & Follows<Out, L>): Step<In, Out>
  onFailure<L extends Linkable>(callback: L & Follows<StepFailure, L>): Step<In, Out>
  onComplete<L extends Linkable>(callback: L & Follows<StepEnd<Out>, L>): Step<In, Out>
}

export interface StepFailure {
  readonly workflow: string
  readonly id: string
  readonly name: string
  readonly error: { readonly name: string; readonly message: string; readonly code?: string }
}

export type StepEnd<Out = unknown> =
  | {
      readonly workflow: string
      readonly id: string
      readonly name: string
      readonly status: 'fulfilled'
      readonly value: Out
    }
  | (StepFailure & { readonly status: 'rejected' })

/** A member's fate, like that of `Promise.allSettled`. */
export type Settled<Out> =
  | { readonly status: 'fulfilled'; readonly value: Out }
  | { readonly status: 'rejected'; readonly reason: StepFailure['error'] }

/** What may stand in a workflow: a signature, or a task as it is. */
export type Linkable = Signature<never, unknown> | Task<unknown, unknown, unknown>

export type InputOf<L> =
  L extends Signature<infer In, unknown> ? In : L extends Task<infer In, unknown, unknown> ? In : never

/** What a handler that returns nothing hands on is `undefined`. */
export type OutputOf<L> =
  L extends Signature<never, infer Out>
    ? NoVoid<Out>
    : L extends Task<unknown, infer Out, unknown>
      ? NoVoid<Out>
      : never

type NoVoid<Out> = Out extends void ? undefined : Out

/** `L` when it takes what is handed to it, else a type nothing fits, that names both. */
export type Follows<Given, L> = [NoVoid<Given>] extends [InputOf<L>]
  ? L
  : { readonly 'this step takes': InputOf<L>; readonly 'but is given': Given }

/** Each step checked against the one before it. */
export type Linked<Steps extends readonly Linkable[]> = {
  readonly [At in keyof Steps]: After<
    At extends keyof [never, ...Steps] ? [never, ...Steps][At] : never,
    Steps[At]
  >
}
type After<Before, L> = [Before] extends [never] ? L : Follows<OutputOf<Before>, L>

export type Last<Steps extends readonly unknown[]> = Steps extends readonly [...unknown[], infer L]
  ? L
  : Steps[number]

/** What members that are given the same input all take. */
export type Shared<Members extends readonly Linkable[]> = (
  Members[number] extends infer L ? (L extends Linkable ? (input: InputOf<L>) => void : never) : never
) extends (input: infer In) => void
  ? In
  : unknown

export type GroupOutput<Members extends readonly Linkable[], P extends Policy> = {
  -readonly [At in keyof Members]: MemberOutput<OutputOf<Members[At]>, P>
}

export type MemberOutput<Out, P extends Policy> = P extends 'failFast' | 'waitForAll' ? Out : Settled<Out>

type Whole = string | number | boolean | bigint | null | undefined | readonly unknown[]
type BindableTo<In> = In extends Whole ? In : Partial<In>
/** What is still to come from the step before. Where nothing is, any object will do: its other fields come along. */
type Unbound<In, Bound> = [In] extends [Whole]
  ? unknown
  : {} extends Omit<In, keyof Bound>
    ? object | null | undefined
    : Omit<In, keyof Bound>
