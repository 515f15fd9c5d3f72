import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { BROKERS } from '../examples/demo/broker.ts'

const MAIN = join(import.meta.dirname, '../examples/demo/main.ts')
const FILES = 200

test.each(BROKERS.filter((name) => name !== 'sqlite'))(
  'the demo finds on %s what it finds on SQLite',
  { timeout: 180_000 },
  async (broker) => {
    const place = mkdtempSync(join(tmpdir(), 'bananas-demo-on-'))
    onTestFinished(() => rmSync(place, { recursive: true, force: true }))
    const folder = join(place, 'files')
    mkdirSync(folder)
    for (let index = 0; index < FILES; index += 1)
      writeFileSync(join(folder, `${index}.txt`), `line\n`.repeat(index % 17))
    const run = (name: string): Promise<string> => findings(folder, join(place, 'state'), name)
    expect(await run(broker)).toBe(await run('sqlite'))
  },
)

/** What it prints, without how long it took and where the page is. */
async function findings(folder: string, state: string, broker: string): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--no-warnings', MAIN, folder, '--broker', broker],
    { env: { ...process.env, BANANAS_DEMO_STATE: state } },
  )
  return stdout.slice(0, stdout.indexOf(' files measured in '))
}
