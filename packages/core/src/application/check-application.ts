import type { BananasOptions } from './bananas-options.ts'
import type { Serializer } from '../contract/serializer.ts'
import { QueueError } from '../errors.ts'
import { checkOptions } from '../task/check-options.ts'
import { checkChoice, checkId } from '../task/check-values.ts'
import type { Plugin } from '../task/plugin.ts'
import { show } from '../task/show.ts'

const WHERE = 'new Bananas()'
const KNOWN: Readonly<Record<keyof BananasOptions, true>> = {
  transport: true,
  results: true,
  channel: true,
  serializer: true,
  serializers: true,
  plugins: true,
  namespace: true,
  lanes: true,
  secret: true,
  events: true,
  runtime: true,
}

/** @throws QueueError INVALID naming the option */
export function checkApplication(options: BananasOptions): BananasOptions {
  if (options?.transport?.broker === undefined)
    throw new QueueError('INVALID', `${WHERE} needs a transport, for example { transport: memory() }.`)
  checkOptions(options, KNOWN, WHERE)
  given(options.namespace, (namespace) => checkId(namespace, `${WHERE}: namespace`))
  given(options.lanes, (lanes) => checkChoice(lanes, [1, 3], `${WHERE}: lanes`))
  given(options.events, (events) => checkChoice(events, ['on-demand', 'always', 'off'], `${WHERE}: events`))
  given(options.secret, checkSecret)
  given(options.serializer, checkSerializer)
  listOf(options.serializers, 'serializers').forEach(checkSerializer)
  listOf(options.plugins, 'plugins').forEach(checkPlugin)
  return options
}

function given<T>(value: T | undefined, check: (value: T) => void): void {
  if (value !== undefined) check(value)
}

/** An environment variable that is not set must not sign with nothing. */
function checkSecret(secret: string): void {
  if (typeof secret === 'string' && secret !== '') return
  throw new QueueError('INVALID', `${WHERE}: secret must be a non-empty string, or left out.`)
}

function listOf<T>(list: readonly T[] | undefined, name: string): readonly T[] {
  if (list === undefined || Array.isArray(list)) return list ?? []
  throw new QueueError('INVALID', `${WHERE}: ${name} must be a list, not ${show(list)}.`)
}

function checkSerializer(serializer: Serializer): void {
  const { contentType, encode, decode } = (serializer ?? {}) as Partial<Serializer>
  if (typeof contentType === 'string' && typeof encode === 'function' && typeof decode === 'function') return
  throw new QueueError(
    'INVALID',
    `${WHERE}: a serializer must have a contentType, encode and decode, not be ${show(serializer)}.`,
  )
}

function checkPlugin(plugin: Plugin): void {
  if (typeof plugin?.name === 'string' && plugin.name !== '') return
  throw new QueueError('INVALID', `${WHERE}: a plugin must have a name, not be ${show(plugin)}.`)
}
