import { QueueError } from '../errors.ts'
import { show } from './show.ts'

/**
 * An option that is mistyped must not be ignored in silence; `known` names all there are.
 * @throws QueueError INVALID naming the option and those there are
 */
export function checkOptions(options: object, known: Readonly<Record<string, true>>, subject: string): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new QueueError('INVALID', `${subject}: the options must be an object, not ${show(options)}.`)
  for (const name in options) {
    if (!Object.hasOwn(known, name))
      throw new QueueError(
        'INVALID',
        `${subject}: there is no option ${show(name)}. There are: ${Object.keys(known).join(', ')}.`,
      )
  }
}
