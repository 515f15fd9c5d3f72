import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { join } from 'node:path'
import type { Transport } from '@bananasjs/core/contract'
import { describeTransport } from '../src/vitest.ts'

interface Shelf {
  readonly ShelfStore: new () => object
  readonly shelf: (store: object) => Transport
}

// Beside the other tests, so that it finds the packages a reader would have installed.
const folder = join(import.meta.dirname, `.walk-through-${process.pid}`)
const page = readFileSync(new URL('../../../docs/write-an-adapter.md', import.meta.url), 'utf8')
const blocks = [...page.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code]) => code)
mkdirSync(folder)
writeFileSync(join(folder, 'shelf.ts'), blocks.join('\n'))
const { shelf, ShelfStore } = (await import(pathToFileURL(join(folder, 'shelf.ts')).href)) as Shelf
const store = new ShelfStore()

describeTransport('shelf, the adapter that docs/write-an-adapter.md walks through', {
  create: () => shelf(store),
  after: () => rmSync(folder, { recursive: true }),
})
