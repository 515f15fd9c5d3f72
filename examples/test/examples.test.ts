import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const FOLDER = join(import.meta.dirname, '..')

/** What each example prints, line by line. */
const PRINTS: Readonly<Record<string, readonly string[]>> = {
  'hello.ts': ['Hello Ada'],
  'retries.ts': ['price 42', 'attempts 3'],
  'unique.ts': ['the same task true true', 'refused true', 'account 7 is in sync'],
  'delay-and-expiry.ts': ['tea is ready true', 'expired unread true expired'],
  'priorities.ts': ['the invoice', 'the report', 'the newsletter'],
  'progress-and-events.ts': ['progress 0.5', 'holiday.webm', 'log half of it'],
  'plugin.ts': ['add took less than a second: true', '3'],
  'dead-letters.ts': [
    '1 failed after 1 attempt: Error: the bank is closed',
    'put back 1',
    'order 12 is paid',
  ],
  'gzip-serializer.ts': ['7000 characters travel as less than 100 bytes', '1000'],
}

test('every example is run here, and named in the README', () => {
  const examples = readdirSync(FOLDER).filter((name) => name.endsWith('.ts'))
  expect(Object.keys(PRINTS).toSorted()).toEqual(examples.toSorted())
  const readme = readFileSync(join(FOLDER, 'README.md'), 'utf8')
  for (const name of examples) expect(readme).toContain(`(${name})`)
})

test.each(Object.entries(PRINTS))('%s prints what it should', { timeout: 30_000 }, async (name, lines) => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', join(FOLDER, name)])
  expect(stdout.trim().split('\n').toSorted()).toEqual(lines.toSorted())
})
