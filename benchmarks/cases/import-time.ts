import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import type { Case, Goal, Measure } from '../case.ts'

const run = promisify(execFile)
const PROBE =
  'const from = performance.now(); await import(process.argv[1]); process.stdout.write(String(performance.now() - from))'

/** Import of the built bundle in a fresh process, less the import of an empty module in another. */
export function importTime(bundle: string, goals: readonly Goal[] = []): Case {
  const measures: readonly Measure[] = [{ name: 'import', unit: 'ms', better: 'lower' }]
  return {
    name: 'import',
    title: 'import of @bananasjs/core, fresh process',
    tasks: 0,
    measures,
    goals,
    rounds: 20,
    contenders: [
      {
        name: 'Bananas',
        role: 'ours',
        async round() {
          const folder = mkdtempSync(join(tmpdir(), 'bananas-import-'))
          try {
            const empty = join(folder, 'empty.mjs')
            writeFileSync(empty, 'export {}\n')
            const nothing = await importMs(empty)
            const whole = await importMs(bundle)
            return { figures: { import: whole - nothing, whole, nothing } }
          } finally {
            rmSync(folder, { recursive: true, force: true })
          }
        },
      },
    ],
  }
}

async function importMs(file: string): Promise<number> {
  const { stdout } = await run(process.execPath, [
    '--input-type=module',
    '--eval',
    PROBE,
    pathToFileURL(file).href,
  ])
  return Number(stdout)
}
