import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Bananas } from '@bananasjs/core'
import { sqlite } from '@bananasjs/sqlite'
import { workflows } from '@bananasjs/workflow'
import { describe, expect, onTestFinished, test } from 'vitest'

const MAIN = join(import.meta.dirname, '../demo/main.ts')

describe('the demo', { timeout: 60_000 }, () => {
  test('counts what an independent count finds', async () => {
    const { folder, state } = makeFolder(120)
    const { stdout, code } = await finish(start(folder, state))
    expect(code).toBe(0)
    const expected = countByHand(folder)
    expect(stdout).toContain(
      `${expected.files} files, ${expected.bytes} B, ${expected.lines} lines, ${expected.words} words`
        .replace(/(\d)(?=(\d{3})+\b)/g, '$1,')
        .replace(/[\d,]+ B/, () => `${(expected.bytes / 1000).toFixed(1)} KB`),
    )
    expect(stdout).toContain(`${expected.doubles} contents exist more than once`)
  })

  test('carries on after everything was killed, with the totals of an undisturbed run', async () => {
    const { folder, state } = makeFolder(2500)
    const undisturbed = await finish(start(folder, makeState()))
    const child = start(folder, state, { detached: true })
    await until(async () => (await arrivals(state)) > 300)
    process.kill(-child.pid!, 'SIGKILL')
    await once(child, 'exit')
    const before = await arrivals(state)
    expect(before).toBeLessThan(2500)
    const resumed = await finish(start(folder, state))
    expect(resumed.stderr).toContain('carrying on')
    expect(findings(resumed.stdout)).toBe(findings(undisturbed.stdout))
  })

  test('replaces a worker that is killed, and loses nothing', async () => {
    const { folder, state } = makeFolder(2500)
    const undisturbed = await finish(start(folder, makeState()))
    const child = start(folder, state)
    const ending = finish(child)
    await until(async () => (await arrivals(state)) > 300)
    process.kill(childrenOf(child.pid!)[0]!, 'SIGKILL')
    const { stdout, stderr, code } = await ending
    expect(code).toBe(0)
    expect(stderr).toContain('SIGKILL')
    expect(findings(stdout)).toBe(findings(undisturbed.stdout))
  })

  test('stops at Ctrl-C, says how to carry on, and does', async () => {
    const { folder, state } = makeFolder(2500)
    const child = start(folder, state)
    const ending = finish(child)
    await until(async () => (await arrivals(state)) > 100)
    child.kill('SIGINT')
    const stopped = await ending
    expect(stopped.code).toBe(130)
    expect(stopped.stderr).toContain('Run the same command again to carry on')
    expect((await finish(start(folder, state))).code).toBe(0)
  })

  test('shows hostile file names as text, in one page that needs nothing else', async () => {
    const { folder, state } = makeFolder(3)
    writeFileSync(join(folder, '<img src=x onerror=alert(1)>.md'), 'evil')
    writeFileSync(join(folder, 'new\nline 😀 \u202egnp.exe'), 'more evil than the others')
    symlinkSync('/etc/passwd', join(folder, 'link'))
    const page = join(state, 'page.html')
    const { stdout, code } = await finish(start(folder, state, {}, ['--html', page]))
    expect(code).toBe(0)
    expect(stdout).toContain('new\\u000aline 😀 \\u202egnp.exe')
    const html = readFileSync(page, 'utf8')
    expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;.md')
    expect(html).not.toMatch(/<img|<script|\u202e|https?:|src=["']|@import|url\(/)
    expect(html).not.toContain('passwd')
  })

  test('refuses a second run of one folder while the first is at work', async () => {
    const { folder, state } = makeFolder(2500)
    const first = start(folder, state)
    const ending = finish(first)
    await until(async () => (await arrivals(state)) > 50)
    const second = await finish(start(folder, state))
    expect({ code: second.code, stderr: second.stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining(`Process ${first.pid} is measuring`) as string,
    })
    expect((await ending).code).toBe(0)
  })

  test.each([
    ['a missing folder', ['/no/such/folder'], 'ENOENT'],
    ['a file', [MAIN], 'is not a folder'],
    ['two folders', ['/tmp', '/var'], 'One folder'],
    ['no workers', ['/tmp', '--workers', '0'], 'from 1 to'],
    ['an unknown flag', ['--fast'], '--help'],
  ])('answers %s clearly', async (_, args, fragment) => {
    const { code, stderr, stdout } = await finish(startWith(args, makeState()))
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(fragment)
  })

  test('reports on an empty folder', async () => {
    const { folder, state } = makeFolder(0)
    expect((await finish(start(folder, state))).stdout).toContain('0 files, 0 B')
  })
})

interface Ending {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

function makeFolder(files: number): { readonly folder: string; readonly state: string } {
  const folder = temporary()
  mkdirSync(join(folder, 'deep/er'), { recursive: true })
  for (let index = 0; index < files; index += 1) {
    const place = index % 3 === 0 ? 'deep/er' : '.'
    // Every tenth has the content of its predecessor.
    const seed = index % 10 === 9 ? index - 1 : index
    const text = Array.from({ length: (seed % 40) + 1 }, (_, line) => `line ${line} of file ${seed}`).join(
      '\n',
    )
    writeFileSync(join(folder, place, `file-${index}.${['ts', 'md', 'txt'][index % 3]}`), text)
  }
  return { folder, state: makeState() }
}

function makeState(): string {
  return temporary()
}

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bananas-demo-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function start(
  folder: string,
  state: string,
  options: { readonly detached?: boolean } = {},
  args: readonly string[] = [],
): ChildProcess {
  return startWith([folder, ...args], state, options)
}

function startWith(
  args: readonly string[],
  state: string,
  options: { readonly detached?: boolean } = {},
): ChildProcess {
  const child = spawn(process.execPath, [MAIN, ...args], {
    ...options,
    env: { ...process.env, BANANAS_DEMO_STATE: state },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

async function finish(child: ChildProcess): Promise<Ending> {
  let stdout = ''
  let stderr = ''
  child.stdout!.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr!.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout, stderr }
}

/** Everything but how long it took and where the page lies. */
function findings(stdout: string): string {
  return stdout.slice(0, stdout.indexOf('files measured in')).replace(/[\d,]+ $/, '')
}

/** How many files the run in this state folder has measured. */
async function arrivals(state: string): Promise<number> {
  const [files] = globSync('*/run/tasks.db', { cwd: state })
  if (files === undefined) return 0
  const manifest = new DatabaseSync(join(state, files, '../manifest.db'), { readOnly: true })
  const flows = workflows()
  const app = new Bananas({ transport: sqlite(join(state, files)), plugins: [flows] })
  try {
    const { value } = manifest.prepare(`SELECT value FROM facts WHERE name = 'run'`).get() as {
      value: string
    }
    const { nodes } = await flows.run(value).status()
    return nodes.find(({ members }) => members !== undefined)?.members?.ended ?? 0
  } catch {
    return 0 // not made yet
  } finally {
    manifest.close()
    await app.close()
  }
}

function childrenOf(pid: number): readonly number[] {
  return execFileSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map(Number)
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error('waited 20 s in vain')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

function countByHand(folder: string): {
  files: number
  bytes: number
  lines: number
  words: number
  doubles: number
} {
  const texts = globSync('**/*.*', { cwd: folder }).map((path) => readFileSync(join(folder, path), 'utf8'))
  const hashes = texts.map((text) => createHash('sha1').update(text).digest('hex'))
  return {
    files: texts.length,
    bytes: texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0),
    lines: texts.reduce((sum, text) => sum + text.split('\n').length, 0),
    words: texts.reduce((sum, text) => sum + text.split(/\s+/).filter(Boolean).length, 0),
    doubles: new Set(hashes.filter((hash, index) => hashes.indexOf(hash) !== index)).size,
  }
}
