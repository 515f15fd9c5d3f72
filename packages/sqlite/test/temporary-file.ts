import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** The path of a database in a folder of its own, which goes with the test. */
export function temporaryFile(name = 'bananas.db'): string {
  const folder = mkdtempSync(join(tmpdir(), 'bananas-sqlite-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, name)
}
