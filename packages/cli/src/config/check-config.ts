import { CliError } from '../cli-error.ts'
import type { BananasConfig } from './define-config.ts'

const KEYS: readonly (keyof BananasConfig)[] = ['app', 'broker', 'namespace', 'tasks', 'worker', 'register']

/** What each key must be; the text completes "bananas.config.ts: …". */
const SHAPES: readonly (readonly [keyof BananasConfig, (value: unknown) => boolean, string])[] = [
  [
    'app',
    (value) => typeof value === 'function' || isApp(value),
    '"app" must be a Bananas application or a function that returns one',
  ],
  ['broker', isText, '"broker" must be text such as "sqlite:./bananas.db"'],
  ['namespace', isText, '"namespace" must be text'],
  ['tasks', isObject, '"tasks" must be a list of tasks or a module of them'],
  ['worker', isObject, '"worker" must be an object of worker options (handlers go into "register")'],
  [
    'register',
    (value) => typeof value === 'function',
    '"register" must be a function (worker) => { worker.handle(…) }',
  ],
]

/** @throws CliError for a shape that would fail later and less clearly */
export function checkConfig(value: unknown, path: string): BananasConfig {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new CliError(
      `${path} must export an object, as defineConfig({ … }) returns it, not ${describe(value)}.`,
    )
  }
  const unknown = Object.keys(value).filter((key) => !(KEYS as readonly string[]).includes(key))
  if (unknown.length > 0)
    throw new CliError(`${path}: "${unknown.join('", "')}" is no option. There are: ${KEYS.join(', ')}.`)
  const config = value as Readonly<Record<keyof BananasConfig, unknown>>
  if (config.app !== undefined && config.broker !== undefined)
    throw new CliError(`${path} gives both "app" and "broker"; one of them says where the tasks are.`)
  for (const [key, holds, what] of SHAPES) {
    if (config[key] !== undefined && !holds(config[key]))
      throw new CliError(`${path}: ${what}, not ${describe(config[key])}.`)
  }
  return value
}

function isText(value: unknown): boolean {
  return typeof value === 'string'
}

/** By shape: the application may come from another installed copy of core. */
export function isApp(value: unknown): boolean {
  return (
    isObject(value) &&
    ['enqueue', 'worker', 'open', 'close'].every(
      (name) => typeof (value as Record<string, unknown>)[name] === 'function',
    )
  )
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

function describe(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  return value instanceof Promise ? 'a promise (await it first)' : `a value of type ${typeof value}`
}
