import { QueueError } from '@bananasjs/core'
import { isPlain } from '../signature/signature-value.ts'

/**
 * The input of a step from what is bound and what comes from before. Bound fields stand.
 * @throws QueueError INVALID when fields are bound and what comes is no bag of fields
 */
export function compose(
  bound: { readonly value: unknown } | undefined,
  given: unknown,
  subject: string,
): unknown {
  if (bound === undefined) return given
  if (!isPlain(bound.value) || given === undefined || given === null) return bound.value
  if (isPlain(given)) return { ...given, ...bound.value }
  throw new QueueError(
    'INVALID',
    `${subject} has bound fields (${Object.keys(bound.value).join(', ')}), and what comes before hands on ${Array.isArray(given) ? 'a list' : `a ${typeof given}`}, which has none. Return an object there, or make the step immutable().`,
  )
}
