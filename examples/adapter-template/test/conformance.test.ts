import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeTransport } from '@bananasjs/conformance/vitest'
import { spool } from '../src/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'spool-'))

describeTransport('spool', {
  create: () => spool(folder),
  after: () => rmSync(folder, { recursive: true, force: true }),
})
