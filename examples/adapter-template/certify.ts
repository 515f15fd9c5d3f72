import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { certifyTransport } from '@bananasjs/conformance/node'
import { spool } from './src/index.ts'

/** The same clauses without a test framework: prints a certificate, and exits with 1 when one does not hold. */
const folder = mkdtempSync(join(tmpdir(), 'spool-'))

await certifyTransport('spool', {
  create: () => spool(folder),
  after: () => rmSync(folder, { recursive: true, force: true }),
})
