import { CliError } from '../cli-error.ts'

export interface Adapter {
  /** Module to import. */
  readonly module: string
  /** Package to install for it. */
  readonly package: string
  /** Name of the exported factory. */
  readonly factory: string
  /** What the factory gets, from the URL. */
  readonly args: (url: string) => readonly unknown[]
}

const redis: Adapter = {
  module: '@bananasjs/redis',
  package: '@bananasjs/redis',
  factory: 'redis',
  args: (url) => [url],
}

const sqs: Adapter = {
  module: '@bananasjs/sqs',
  package: '@bananasjs/sqs',
  factory: 'sqs',
  args: (url) => [url],
}

const nats: Adapter = {
  module: '@bananasjs/nats',
  package: '@bananasjs/nats',
  factory: 'nats',
  args: (url) => [url],
}

const rabbitmq: Adapter = {
  module: '@bananasjs/rabbitmq',
  package: '@bananasjs/rabbitmq',
  factory: 'rabbitmq',
  args: (url) => [url],
}

/** Which package speaks which scheme. */
const ADAPTERS: Readonly<Record<string, Adapter>> = {
  memory: { module: '@bananasjs/core/memory', package: '@bananasjs/core', factory: 'memory', args: () => [] },
  sqlite: {
    module: '@bananasjs/sqlite',
    package: '@bananasjs/sqlite',
    factory: 'sqlite',
    args: (url) => [sqlitePath(url)],
  },
  redis,
  rediss: redis,
  amqp: rabbitmq,
  amqps: rabbitmq,
  sqs,
  'sqs+http': sqs,
  'sqs+https': sqs,
  nats,
  tls: nats,
}

export const BROKER_EXAMPLES =
  'sqlite:./bananas.db, redis://localhost:6379, amqp://localhost, nats://localhost:4222, sqs://eu-central-1, memory:'

/** @throws CliError for a scheme no package is known for */
export function adapterOf(url: string, by: string): Adapter {
  const scheme = schemeOf(url)
  const adapter = scheme !== undefined && Object.hasOwn(ADAPTERS, scheme) ? ADAPTERS[scheme] : undefined
  if (adapter !== undefined) return adapter
  const problem =
    scheme === undefined ? 'is not a broker address' : `names no broker this command knows ("${scheme}:")`
  throw new CliError(
    `${by}: "${url}" ${problem}. Use one like ${BROKER_EXAMPLES}; any other transport goes into bananas.config.ts.`,
  )
}

/** `memory`, with or without a colon; else what stands before the first colon. */
export function schemeOf(url: string): string | undefined {
  return /^([a-z][a-z0-9+.-]*)(?::|$)/i.exec(url)?.[1]?.toLowerCase()
}

/** `sqlite:./tasks.db` and `sqlite:///var/tasks.db` name files, `sqlite::memory:` none. @throws CliError without a path */
export function sqlitePath(url: string): string {
  const path = url.slice(url.indexOf(':') + 1).replace(/^\/\/(?=[/.])/, '')
  if (url.includes(':') && path !== '' && !path.startsWith('//')) return path
  throw new CliError(
    `"${url}" names no file. Write sqlite:./bananas.db, or sqlite:///var/lib/bananas.db for an absolute path.`,
  )
}
