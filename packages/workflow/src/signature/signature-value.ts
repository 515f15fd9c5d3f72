import { parseDuration, QueueError } from '@bananasjs/core'
import type { Task } from '@bananasjs/core'
import { checkQueueName } from '@bananasjs/core/contract'
import type { Blueprint, Shape, StepBlueprint, StepOptions } from './blueprint.ts'
import type { Linkable, Signature, Step } from './signature.ts'

/** The one class behind all signatures; `chain`, `group` and the like show only what fits. */
class SignatureValue {
  readonly blueprint: Blueprint

  constructor(blueprint: Blueprint) {
    this.blueprint = Object.freeze(blueprint)
  }

  with(bound: unknown): SignatureValue {
    return this.#step((step) => ({ bound: { value: merge(step.bound?.value, bound) } }))
  }

  immutable(): SignatureValue {
    return this.#step(() => ({ immutable: true }))
  }

  options(options: StepOptions): SignatureValue {
    return this.#step((step) => ({
      shape: shapeWith(step.shape, options),
      name: options.name ?? step.name,
    }))
  }

  compensate(undo: Linkable): SignatureValue {
    return this.#step(() => ({ undo: blueprintOf(undo) }))
  }

  onSuccess(callback: Linkable): SignatureValue {
    return this.#with({ onSuccess: [...(this.blueprint.onSuccess ?? []), blueprintOf(callback)] })
  }

  onFailure(callback: Linkable): SignatureValue {
    return this.#with({ onFailure: [...(this.blueprint.onFailure ?? []), blueprintOf(callback)] })
  }

  onComplete(callback: Linkable): SignatureValue {
    return this.#with({ onComplete: [...(this.blueprint.onComplete ?? []), blueprintOf(callback)] })
  }

  #step(change: (step: StepBlueprint) => Partial<StepBlueprint>): SignatureValue {
    const { blueprint } = this
    if (blueprint.kind !== 'step')
      throw new QueueError('INVALID', `Only a step can be changed like this, not a ${blueprint.kind}.`)
    return this.#with(change(blueprint))
  }

  #with(change: Partial<Blueprint>): SignatureValue {
    return new SignatureValue({ ...this.blueprint, ...change } as Blueprint)
  }
}

export function createSignature<In, Out>(blueprint: Blueprint): Signature<In, Out> {
  return new SignatureValue(blueprint) as Signature<In, Out>
}

export function createStep<In, Out>(blueprint: StepBlueprint): Step<In, Out> {
  return new SignatureValue(blueprint) as Step<In, Out>
}

/** @throws QueueError INVALID for what is neither a task nor a signature */
export function blueprintOf(link: Linkable): Blueprint {
  if (typeof link === 'object' && link !== null) {
    if ('blueprint' in link) return link.blueprint
    if ('name' in link && 'retry' in link) return stepBlueprint(link)
  }
  throw new QueueError(
    'INVALID',
    `A workflow is made of tasks and signatures, not of ${link === null ? 'null' : typeof link}. Make a task with defineTask, or a step of one with step(task).`,
  )
}

export function stepBlueprint(task: Task<unknown, unknown, unknown>): StepBlueprint {
  return {
    kind: 'step',
    shape: shapeOf(task),
    name: undefined,
    bound: undefined,
    immutable: false,
    undo: undefined,
  }
}

export function shapeOf({ name, queue, priority }: Task<unknown, unknown, unknown>): Shape {
  return { task: name, queue, priority }
}

/** @throws QueueError INVALID naming the task and the option */
export function shapeWith(shape: Shape, options: StepOptions): Shape {
  const subject = `Step "${shape.task}"`
  const { queue = shape.queue, priority = shape.priority, timeout, retry, delay } = options
  checkQueueName(queue)
  checkWhole(priority, 100, `${subject}: priority`)
  if (retry !== undefined) checkWhole(retry, 1e9, `${subject}: retry`)
  return {
    ...shape,
    queue,
    priority,
    ...(timeout !== undefined && { timeoutMs: parseDuration(timeout, `${subject}: timeout`) }),
    ...(retry !== undefined && { retryLimit: retry }),
    ...(delay !== undefined && { delayMs: parseDuration(delay, `${subject}: delay`) }),
  }
}

/** @throws QueueError INVALID unless a whole number from 0 to `most` */
export function checkWhole(value: number, most: number, label: string): void {
  if (Number.isInteger(value) && value >= 0 && value <= most) return
  throw new QueueError('INVALID', `${label} must be a whole number from 0 to ${most}, not ${String(value)}.`)
}

/** Bound twice: later fields are added to earlier ones. */
function merge(earlier: unknown, later: unknown): unknown {
  return isPlain(earlier) && isPlain(later) ? { ...earlier, ...later } : later
}

/** An object that is a bag of fields. */
export function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
