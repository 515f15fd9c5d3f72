import { CliError } from '../cli-error.ts'
import type { BananasConfig } from './define-config.ts'

const KEYS: readonly (keyof BananasConfig)[] = ['app', 'broker', 'namespace', 'tasks', 'worker', 'register']

/** @throws CliError for a shape that would fail later and less clearly */
export function checkConfig(value: unknown, path: string): BananasConfig {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new CliError(`${path} must export an object, as defineConfig({ … }) returns it, not ${describe(value)}.`)
  }
  const unknown = Object.keys(value).filter((key) => !(KEYS as readonly string[]).includes(key))
  if (unknown.length > 0) throw new CliError(`${path}: "${unknown.join('", "')}" is no option. There are: ${KEYS.join(', ')}.`)
  const config = value as Readonly<Record<keyof BananasConfig, unknown>>
  if (config.app !== undefined && config.broker !== undefined) throw new CliError(`${path} gives both "app" and "broker"; one of them says where the tasks are.`)
  if (config.app !== undefined && typeof config.app !== 'function' && !isApp(config.app)) {
    throw new CliError(`${path}: "app" must be a Bananas application or a function that returns one, not ${describe(config.app)}.`)
  }
  expect(config.broker === undefined || typeof config.broker === 'string', path, '"broker" must be text such as "sqlite:./bananas.db"')
  expect(config.namespace === undefined || typeof config.namespace === 'string', path, '"namespace" must be text')
  expect(config.tasks === undefined || isObject(config.tasks), path, '"tasks" must be a list of tasks or a module of them')
  expect(config.worker === undefined || isObject(config.worker), path, '"worker" must be an object of worker options (handlers go into "register")')
  expect(config.register === undefined || typeof config.register === 'function', path, '"register" must be a function (worker) => { worker.handle(…) }')
  return value
}

/** By shape: the application may come from another installed copy of core. */
export function isApp(value: unknown): boolean {
  return isObject(value) && ['enqueue', 'worker', 'open', 'close'].every((name) => typeof (value as Record<string, unknown>)[name] === 'function')
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

function expect(holds: boolean, path: string, what: string): void {
  if (!holds) throw new CliError(`${path}: ${what}.`)
}

function describe(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  return value instanceof Promise ? 'a promise (await it first)' : `a value of type ${typeof value}`
}
