import type { Task } from '@bananasjs/core'
import type { StepOptions } from './blueprint.ts'
import type { Step } from './signature.ts'
import { createStep, stepBlueprint } from './signature-value.ts'

/**
 * A task as part of a workflow: `step(resize).with({ width: 300 })`.
 * @throws QueueError INVALID for a bad option
 */
export function step<Input, Output, Parsed>(
  task: Task<Input, Output, Parsed>,
  options?: StepOptions,
): Step<Input, Output> {
  const plain = createStep<Input, Output>(stepBlueprint(task))
  return options === undefined ? plain : plain.options(options)
}
