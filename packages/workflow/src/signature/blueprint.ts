import type { Duration } from '@bananasjs/core'

/** What is to be done, as data. Signatures carry one; `compilePlan` makes a plan of it. */
export type Blueprint =
  | StepBlueprint
  | ChainBlueprint
  | GroupBlueprint
  | MapBlueprint
  | OpenBlueprint
  | DagBlueprint

export interface StepBlueprint extends Callbacks {
  readonly kind: 'step'
  readonly shape: Shape
  readonly name: string | undefined
  /** Absent: nothing is bound. */
  readonly bound: { readonly value: unknown } | undefined
  /** Takes nothing from the step before. */
  readonly immutable: boolean
  readonly undo: Blueprint | undefined
}

export interface ChainBlueprint extends Callbacks {
  readonly kind: 'chain'
  readonly steps: readonly Blueprint[]
}

export interface GroupBlueprint extends Callbacks {
  readonly kind: 'group'
  readonly members: readonly Blueprint[]
  readonly policy: Policy
}

/** A group of one task with many inputs, without a blueprint for each. */
export interface MapBlueprint extends Callbacks {
  readonly kind: 'map'
  readonly shape: Shape
  readonly inputs: readonly unknown[]
  readonly policy: Policy
}

/** A group of one task whose inputs are still to come. Stands at the beginning of a workflow only. */
export interface OpenBlueprint extends Callbacks {
  readonly kind: 'open'
  readonly shape: Shape
  readonly policy: Policy
}

export interface DagBlueprint extends Callbacks {
  readonly kind: 'dag'
  /** Parents stand before their children. */
  readonly nodes: readonly DagNode[]
  /** The node that is the result, or the nodes that make it up, by key. */
  readonly result: string | Readonly<Record<string, string>>
  readonly policy: Policy
}

export interface DagNode {
  readonly name: string
  readonly blueprint: Blueprint
  /** By the key under which the parent's result comes in. */
  readonly inputs: Readonly<Record<string, string>>
  /** Only waited for. */
  readonly after: readonly string[]
}

export interface Callbacks {
  readonly onSuccess?: readonly Blueprint[]
  readonly onFailure?: readonly Blueprint[]
  readonly onComplete?: readonly Blueprint[]
}

/** A task as a message needs it, with the options of a step. */
export interface Shape {
  readonly task: string
  readonly queue: string
  readonly priority: number
  readonly timeoutMs?: number
  readonly retryLimit?: number
  readonly delayMs?: number
}

/**
 * What becomes of a group when members fail: `failFast` ends it with the first failure and cancels the rest,
 * `waitForAll` ends it as failed once all are through, `settled` never fails and tells each member's fate, `atLeast`
 * does the same but fails when fewer than so many succeeded.
 */
export type Policy = 'failFast' | 'waitForAll' | 'settled' | { readonly atLeast: number }

export interface StepOptions {
  /** Shown in status and drawings. Default: the task's name. */
  readonly name?: string
  readonly queue?: string
  /** 0 (last) to 100 (first). */
  readonly priority?: number
  readonly timeout?: Duration
  /** Retries after the first attempt. */
  readonly retry?: number
  /** Not before this long after the step before has ended. */
  readonly delay?: Duration
}
