import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

const MAIN = join(import.meta.dirname, '../chaos/main.ts')

async function run(
  ...args: readonly string[]
): Promise<{ stdout: string; stderr: string; code: number | null }> {
  const child = spawn(process.execPath, ['--no-warnings', MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (text: Buffer) => (stdout += text.toString()))
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { stdout, stderr, code }
}

test(
  'the chaos example hurts its workers, loses nothing, and says where its report is',
  { timeout: 120_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bananas-example-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const { stdout, stderr, code } = await run('--seconds', '20', '--report', folder)
    expect(stdout, stderr).toContain('held: every expectation and every invariant held, and every fault bit')
    expect(code).toBe(0)
    const path = /^Report: (.+)$/m.exec(stdout)![1]!
    const page = readFileSync(path, 'utf8')
    expect(page).toContain('E-mails go out, whatever happens')
    expect(page).toContain('a worker is killed every 5 s')
  },
)

test('the chaos example refuses a time that makes no sense', async () => {
  expect(await run('--seconds', 'soon')).toMatchObject({
    code: 2,
    stderr: '--seconds must be a number from 10 to 900, not "soon".\n',
  })
})
