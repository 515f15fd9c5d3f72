import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeTransport } from '@bananasjs/conformance/vitest'
import { sqlite } from '../src/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'bananas-sqlite-'))

describeTransport('sqlite', {
  create: () => sqlite(join(folder, 'conformance.db')),
  after: () => rmSync(folder, { recursive: true, force: true }),
})
