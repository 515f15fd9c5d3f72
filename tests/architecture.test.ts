import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  ABOVE_CORE,
  ADAPTERS,
  adapterFiles,
  brokerNameViolations,
  coreViolations,
  packageViolations,
  readPackage,
  seamViolations,
  sources,
} from './architecture.ts'

const PACKAGES = join(import.meta.dirname, '../packages')
const CORE = join(PACKAGES, 'core/src')
const folders = readdirSync(PACKAGES)

describe('the house keeps its rules', () => {
  test('inside core, every import goes down the layers', () => {
    expect(sources(CORE).flatMap(({ file, source }) => coreViolations(file, source))).toEqual([])
  })

  test.each(folders)('%s imports only what it may', (folder) => {
    const found = sources(join(PACKAGES, folder, 'src')).flatMap(({ file, source }) =>
      packageViolations(folder, file, source),
    )
    expect(found).toEqual([])
  })

  test('core has no dependency, and the packages beside it depend on core as a peer alone', () => {
    for (const folder of folders) {
      const { dependencies, peerDependencies } = readPackage(join(PACKAGES, folder, 'package.json'))
      if (folder === 'core')
        expect({ dependencies, peerDependencies }).toEqual({ dependencies: [], peerDependencies: [] })
      else expect(peerDependencies, folder).toContain('@bananasjs/core')
      const drivers = ADAPTERS[folder]
      if (drivers !== undefined) expect(dependencies, folder).toEqual([...drivers])
      if (ABOVE_CORE.includes(folder))
        expect(dependencies.filter((name) => name.startsWith('@bananasjs/'))).toEqual([])
    }
  })

  test('core and the packages above it name no broker', () => {
    const neutral = folders.filter((folder) => folder === 'core' || ABOVE_CORE.includes(folder))
    const found = neutral.flatMap((folder) =>
      sources(join(PACKAGES, folder, 'src')).flatMap(({ file, source }) =>
        brokerNameViolations(`${folder}/${file}`, source),
      ),
    )
    expect(found).toEqual([])
  })

  test('time and chance come through the Runtime', () => {
    // The lease thread is another program: it runs while the worker, and with it the Runtime, stands still.
    const seam = /^runtime\/system-runtime\.ts$|^testing\/|^worker\/lease-thread-main\.ts$/
    const found = sources(CORE).flatMap(({ file, source }) =>
      seam.test(file) ? [] : seamViolations(file, source),
    )
    expect(found).toEqual([])
  })

  const made = Object.keys(ADAPTERS).filter(
    (adapter) => !readPackage(join(PACKAGES, adapter, 'package.json')).isPrivate,
  )
  test.each(made)('%s has the files every adapter has', (adapter) => {
    for (const name of adapterFiles(adapter)) {
      const file = join(PACKAGES, adapter, 'src', name)
      expect(existsSync(file), file).toBe(true)
    }
  })

  test('no source file is longer than 350 lines', () => {
    const long = folders.flatMap((folder) =>
      sources(join(PACKAGES, folder, 'src'))
        .map(({ file, source }) => ({ file: `${folder}/${file}`, lines: source.split('\n').length }))
        .filter(({ lines }) => lines > 350),
    )
    expect(long).toEqual([])
  })
})

describe('a broken rule is noticed', () => {
  test.each([
    ['client/a.ts', `import { b } from '../worker/b.ts'`],
    ['worker/a.ts', `import type { B } from '../client/b.ts'`],
    ['contract/a.ts', `export { b } from '../task/b.ts'`],
    ['memory/a.ts', `import { b } from '../task/b.ts'`],
    ['worker/a.ts', `const b = await import('../client/b.ts')`],
    ['task/a.ts', `import { z } from 'zod'`],
    ['task/a.ts', `import {\n  a,\n  b,\n} from '../bananas.ts'`],
  ])('in core: %s with %s', (file, source) => {
    expect(coreViolations(file, source)).toHaveLength(1)
  })

  test.each([
    ['redis', `import { Bananas } from '@bananasjs/core'`],
    ['sqlite', `import { Redis } from 'ioredis'`],
    ['redis', `import { sqlite } from '@bananasjs/sqlite'`],
    ['conformance', `import { redis } from '@bananasjs/redis'`],
  ])('in %s: %s', (folder, source) => {
    expect(packageViolations(folder, 'src/a.ts', source)).toHaveLength(1)
  })

  test('a broker named in code, and not one named in a comment', () => {
    expect(brokerNameViolations('a.ts', `if (name === 'redis') hurry()`)).toHaveLength(1)
    expect(brokerNameViolations('a.ts', `// as Redis does\n/** SQLite */ const a = 1`)).toEqual([])
  })

  test('a clock beside the Runtime', () => {
    expect(seamViolations('a.ts', `const now = Date.now()`)).toHaveLength(1)
    expect(seamViolations('a.ts', `runtime.now() // not Date.now()`)).toEqual([])
  })
})
