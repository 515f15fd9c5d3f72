import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { packAll } from '../scripts/pack.ts'
import { ROOT } from '../scripts/packages.ts'

/** What a stranger gets: the tarballs, installed by npm into empty projects outside this workspace. */
const folder = mkdtempSync(join(tmpdir(), 'bananas-consumers-'))
const project = join(folder, 'project')
const typeRoots = [join(ROOT, 'node_modules/@types')]
const TYPESCRIPT = join(ROOT, 'node_modules/typescript/bin/tsc')

const PROGRAM = `
const greet = defineTask('greet')
const app = new Bananas({ transport: sqlite('./tasks.db') })
const worker = app.worker()
worker.handle(greet, ({ name }) => 'Hello ' + name)
await worker.start()
const job = await app.enqueue(greet, { name: 'Ada' })
console.log(await job.result({ timeout: '20s' }))
await worker.stop()
await app.close()
`

beforeAll(() => {
  execFileSync(process.execPath, [join(ROOT, 'scripts/build.ts')], { cwd: ROOT, stdio: 'inherit' })
  const tarballs = packAll(folder)
  mkdirSync(project)
  write('package.json', JSON.stringify({ name: 'consumer', private: true, version: '1.0.0' }))
  run('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', ...tarballs.map(({ file }) => file)])
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('an ES module runs a task on SQLite', () => {
  write(
    'esm.mjs',
    `import { Bananas, defineTask } from '@bananasjs/core'\nimport { sqlite } from '@bananasjs/sqlite'\n${PROGRAM}`,
  )
  expect(run(process.execPath, ['--no-warnings', 'esm.mjs'])).toContain('Hello Ada')
})

test('CommonJS requires every door', () => {
  write(
    'cjs.cjs',
    `const { Bananas, defineTask, QueueError } = require('@bananasjs/core')
const { sqlite } = require('@bananasjs/sqlite')
const { redis } = require('@bananasjs/redis')
const { rabbitmq } = require('@bananasjs/rabbitmq')
const { nats } = require('@bananasjs/nats')
const { sqs, fileBlobs } = require('@bananasjs/sqs')
const { runExperiment } = require('@bananasjs/chaos')
const { workflows } = require('@bananasjs/workflow')
const { memory } = require('@bananasjs/core/memory')
const { virtualRuntime } = require('@bananasjs/core/testing')
const { checkMessage } = require('@bananasjs/core/contract')
const { certifyTransport } = require('@bananasjs/conformance/node')
for (const one of [Bananas, defineTask, QueueError, sqlite, redis, rabbitmq, nats, sqs, fileBlobs, runExperiment, workflows, memory, virtualRuntime, checkMessage, certifyTransport])
  if (typeof one !== 'function') throw new Error('a door gave ' + typeof one)
void (async () => { ${PROGRAM} })()
`,
  )
  expect(run(process.execPath, ['--no-warnings', 'cjs.cjs'])).toContain('Hello Ada')
})

test('a worker keeps its leases from another thread, out of the bundle', () => {
  write(
    'lease.mjs',
    `import { Bananas, defineTask } from '@bananasjs/core'
import { sqlite } from '@bananasjs/sqlite'
const block = defineTask('block')
const app = new Bananas({ transport: sqlite('./lease.db') })
let runs = 0
const worker = app.worker({ lease: '4s' })
worker.handle(block, () => {
  runs += 1
  const until = Date.now() + 12_000
  while (Date.now() < until);
  return 'done'
})
await worker.start()
const job = await app.enqueue(block, {})
console.log(await job.result({ timeout: '60s' }), runs)
await worker.stop()
await app.close()
`,
  )
  expect(run(process.execPath, ['--no-warnings', 'lease.mjs'])).toContain('done 1')
})

test.each([
  ['nodenext', 'nodenext'],
  ['esnext', 'bundler'],
])('TypeScript is strict with module %s and resolution %s', (module, moduleResolution) => {
  write(
    'typed.mts',
    `import { Bananas, defineTask, QueueError } from '@bananasjs/core'
import type { Transport } from '@bananasjs/core/contract'
import { memory } from '@bananasjs/core/memory'
import { virtualRuntime } from '@bananasjs/core/testing'
import { certifyTransport } from '@bananasjs/conformance/node'
import { redis } from '@bananasjs/redis'
import { sqlite } from '@bananasjs/sqlite'

const add = defineTask<{ readonly a: number; readonly b: number }, number>('add')
const transports: readonly Transport[] = [memory(), redis('redis://localhost'), sqlite('x.db')]
const app = new Bananas({ transport: transports[0]! })
app.worker().handle(add, ({ a, b }) => a + b)
const job = await app.enqueue(add, { a: 1, b: 2 })
const sum: number = await job.result({ timeout: '1s' })
// @ts-expect-error -- the input is typed
await app.enqueue(add, { a: 'one' })
console.log(sum, QueueError.is(sum), virtualRuntime, certifyTransport)
`,
  )
  const options = {
    module,
    moduleResolution,
    target: 'es2023',
    strict: true,
    noEmit: true,
    skipLibCheck: false,
  }
  const more = { exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, types: ['node'] }
  write(
    'tsconfig.json',
    JSON.stringify({
      compilerOptions: { ...options, ...more, typeRoots, lib: ['es2024', 'esnext.disposable'] },
      files: ['typed.mts'],
    }),
  )
  expect(run(process.execPath, [TYPESCRIPT, '-p', 'tsconfig.json'])).toBe('')
})

test('two installed copies of core agree on what a QueueError is', () => {
  const copy = join(folder, 'copy')
  mkdirSync(copy)
  execFileSync('cp', ['-r', join(project, 'node_modules/@bananasjs/core'), copy])
  write(
    'copies.mjs',
    `import { QueueError } from '@bananasjs/core'
const other = await import(${JSON.stringify(join(copy, 'core/dist/index.js'))})
const error = new other.QueueError('INVALID', 'from the other copy')
console.log(error instanceof QueueError, QueueError.is(error, 'INVALID'))
`,
  )
  expect(run(process.execPath, ['copies.mjs']).trim()).toBe('false true')
})

test('the template of an adapter, copied out of here, is built and certified', () => {
  const template = join(project, 'template')
  cpSync(join(ROOT, 'examples/adapter-template'), template, { recursive: true })
  write(
    'template/tsconfig.strict.json',
    JSON.stringify({ extends: './tsconfig.json', compilerOptions: { typeRoots } }),
  )
  expect(run(process.execPath, [TYPESCRIPT, '-p', 'template/tsconfig.strict.json'])).toBe('')
  expect(run(process.execPath, ['--no-warnings', 'template/certify.ts'])).toMatch(/0 failed/)
  write(
    'template/use.mjs',
    `import { spool } from './dist/index.js'\nconsole.log(spool('./queues').broker.name)\n`,
  )
  expect(run(process.execPath, ['template/use.mjs']).trim()).toBe('spool')
})

test('the packed command runs', () => {
  const bin = join(project, 'node_modules/.bin/bananas')
  expect(run(bin, ['--version'])).toMatch(/\d+\.\d+\.\d+/)
  expect(run(bin, ['--help'])).toContain('worker')
})

function write(name: string, text: string): void {
  writeFileSync(join(project, name), text)
}

function run(program: string, args: readonly string[]): string {
  try {
    return execFileSync(program, args, { cwd: project, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new Error(`${program} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error })
  }
}
