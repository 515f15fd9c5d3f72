import { QueueError } from '@bananasjs/core'
import type { InputOf, Last, Linkable, Linked, OutputOf, Signature } from './signature.ts'
import { blueprintOf, createSignature } from './signature-value.ts'

/**
 * One after the other, each given what the one before it returned. It does not compile when a step does not take that.
 * @throws QueueError INVALID when empty
 */
export function chain<const Steps extends readonly Linkable[]>(
  ...steps: Steps & Linked<Steps>
): Signature<InputOf<Steps[0]>, OutputOf<Last<Steps>>> {
  const blueprints = (steps as readonly Linkable[]).map(blueprintOf)
  if (blueprints.length === 0)
    throw new QueueError('INVALID', 'A chain needs at least one step: chain(fetch, resize).')
  return createSignature({ kind: 'chain', steps: blueprints })
}
