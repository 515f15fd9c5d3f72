import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'

/** One import of one file. */
export interface Import {
  readonly file: string
  readonly specifier: string
}

export interface PackageFile {
  readonly folder: string
  readonly name: string
  /** Still in the making. */
  readonly isPrivate: boolean
  readonly dependencies: readonly string[]
  readonly peerDependencies: readonly string[]
}

/** Adapters of the house and the driver each may import. Node's own modules are free. */
export const ADAPTERS: Readonly<Record<string, readonly string[]>> = {
  sqlite: [],
  redis: ['ioredis'],
  rabbitmq: ['amqplib'],
  nats: ['@nats-io/transport-node'],
  sqs: ['@aws-sdk/client-sqs'],
}
/** Packages that know core alone, so that they work on every broker. */
export const ABOVE_CORE: readonly string[] = [
  'workflow',
  'limits',
  'scheduler',
  'chaos',
  'monitor',
  'conformance',
]

/** Libraries that one of them may import beside core. */
const LIBRARIES: Readonly<Record<string, readonly string[]>> = { chaos: ['yaml'], conformance: ['vitest'] }
/** The parts every adapter has, each a file behind its prefix. */
const PARTS = ['transport', 'client', 'broker', 'consumer', 'result-backend', 'channel', 'errors', 'options']
/** Parts a broker cannot play. */
const CANNOT: Readonly<Record<string, readonly string[]>> = {
  rabbitmq: ['result-backend'],
  sqs: ['result-backend', 'channel'],
}

/** Names of the files that knowing one adapter is knowing in all. */
export function adapterFiles(adapter: string): readonly string[] {
  return PARTS.filter((part) => !CANNOT[adapter]?.includes(part)).map((part) => `${adapter}-${part}.ts`)
}

/** Inside core: a folder may import itself and what stands to its left. Client and worker are at one level: neither may import the other. */
const LAYERS: readonly (readonly string[])[] = [
  ['errors'],
  ['runtime'],
  ['contract'],
  ['task'],
  ['emulation', 'control'],
  ['client', 'worker'],
  ['application'],
  ['bananas'],
  ['index'],
]
/** `contract` re-exports what adapters need of `runtime`; the doors beside the main one stand apart. */
const DOORS: Readonly<Record<string, readonly string[]>> = {
  memory: ['contract', 'errors', 'runtime'],
  testing: ['contract', 'errors', 'runtime', 'memory'],
}

export function importsOf(file: string, source: string): readonly Import[] {
  const found = source.matchAll(
    /(?:^|\n)\s*(?:import|export)\s[^'"\n]*(?:\n[^'"]*?)?from\s+['"]([^'"]+)['"]|import\(['"]([^'"]+)['"]\)/g,
  )
  return [...found].map(([, from, dynamic]) => ({ file, specifier: (from ?? dynamic)! }))
}

/** The layer of a path inside packages/core/src, e.g. `worker/engine.ts` → `worker`. */
function layerOf(path: string): string {
  const [first] = path.split('/')
  return first!.replace(/\.ts$/, '')
}

/** @param file path inside packages/core/src */
export function coreViolations(file: string, source: string): readonly string[] {
  const from = layerOf(file)
  return importsOf(file, source).flatMap(({ specifier }) => {
    if (!specifier.startsWith('.'))
      return specifier.startsWith('node:') ? [] : [`${file} imports ${specifier}; core has no dependencies`]
    const to = layerOf(relative('.', join(dirname(file), specifier)))
    return from === to || mayImport(from, to)
      ? []
      : [`${file} (${from}) imports ${specifier} (${to}), which stands above or beside it`]
  })
}

function mayImport(from: string, to: string): boolean {
  const allowed = DOORS[from]
  if (allowed !== undefined) return allowed.includes(to)
  const level = LAYERS.findIndex((names) => names.includes(from))
  const target = LAYERS.findIndex((names) => names.includes(to))
  return level >= 0 && target >= 0 && target < level
}

/** @param folder name of the package's folder */
export function packageViolations(folder: string, file: string, source: string): readonly string[] {
  const allowed = allowedImports(folder)
  if (allowed === undefined) return []
  return importsOf(file, source)
    .map(({ specifier }) => specifier)
    .filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
    .filter((specifier) => !allowed.includes(specifier))
    .map((specifier) => `${file} imports ${specifier}; it may import ${allowed.join(', ') || 'nothing'}`)
}

function allowedImports(folder: string): readonly string[] | undefined {
  const drivers = ADAPTERS[folder]
  if (drivers !== undefined) return ['@bananasjs/core/contract', ...drivers]
  if (!ABOVE_CORE.includes(folder)) return undefined
  return [
    '@bananasjs/core',
    '@bananasjs/core/contract',
    '@bananasjs/core/memory',
    ...(LIBRARIES[folder] ?? []),
  ]
}

/** Only an adapter knows its broker's name: core and what stands on it work on every broker. */
export function brokerNameViolations(file: string, source: string): readonly string[] {
  const code = source.replaceAll(/\/\*[^]*?\*\/|(^|\s)\/\/[^\n]*/g, '')
  const found = /\b(redis|sqlite|rabbitmq|nats|sqs)\b/i.exec(code)
  return found === null ? [] : [`${file} says "${found[0]}"`]
}

/** What only the Runtime seam may touch, so that time and chance can be simulated. */
export function seamViolations(file: string, source: string): readonly string[] {
  const code = source.replaceAll(/\/\*[^]*?\*\/|(^|\s)\/\/[^\n]*/g, '')
  const found =
    code.match(
      /\bDate\.now\(|\bnew Date\(\)|\bsetTimeout\(|\bsetInterval\(|\bMath\.random\(|\bperformance\.now\(/g,
    ) ?? []
  return found.map((what) => `${file} uses ${what}…) instead of the Runtime`)
}

export function readPackage(path: string): PackageFile {
  const {
    name,
    private: isPrivate = false,
    dependencies = {},
    peerDependencies = {},
  } = JSON.parse(readFileSync(path, 'utf8')) as {
    name: string
    private?: boolean
    dependencies?: Record<string, string>
    peerDependencies?: Record<string, string>
  }
  return {
    folder: basename(dirname(path)),
    name,
    isPrivate,
    dependencies: Object.keys(dependencies),
    peerDependencies: Object.keys(peerDependencies),
  }
}

export function sources(
  folder: string,
  pattern = '**/*.ts',
): readonly { readonly file: string; readonly source: string }[] {
  return globSync(pattern, { cwd: folder, exclude: (path) => path.includes('node_modules') }).map((file) => ({
    file,
    source: readFileSync(join(folder, file), 'utf8'),
  }))
}
