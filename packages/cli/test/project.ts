import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const BIN = fileURLToPath(new URL('../src/bin.ts', import.meta.url))
const PACKAGES = fileURLToPath(new URL('../../', import.meta.url))

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly child: ChildProcess
  /** Waits until the text has come on standard output. */
  readonly says: (text: string) => Promise<void>
  readonly finished: Promise<Finished>
}

export interface Invocation {
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
  /** Folder below the project's own. */
  readonly folder?: string
}

export interface Project {
  readonly folder: string
  /** Runs the program to its end. */
  readonly bananas: (args: readonly string[], given?: Invocation) => Promise<Finished>
  readonly start: (args: readonly string[], given?: Invocation) => Running
}

/** A folder outside the workspace, with the packages installed, these files in it, and the program to run there. */
export function project(files: Readonly<Record<string, string>> = {}, packages = PACKAGES_USED): Project {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'bananas-cli-')))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  write(folder, { 'package.json': '{ "type": "module" }', ...files })
  mkdirSync(join(folder, 'node_modules/@bananasjs'), { recursive: true })
  for (const name of packages)
    symlinkSync(join(PACKAGES, name), join(folder, 'node_modules/@bananasjs', name))
  const start = (args: readonly string[], given: Invocation = {}): Running => run(folder, args, given)
  return { folder, start, bananas: (args, given) => start(args, given).finished }
}

const PACKAGES_USED: readonly string[] = ['core', 'sqlite', 'cli']

function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}

function run(
  folder: string,
  args: readonly string[],
  { env, input, folder: below = '.' }: Invocation,
): Running {
  const child = spawn(process.execPath, ['--no-warnings', BIN, ...args], {
    cwd: join(folder, below),
    env: { PATH: process.env['PATH'], HOME: folder, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  // A program that ends without reading its input closes the pipe.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input ?? '')
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const finished = once(child, 'close').then(([code]) => ({ code: code as number | null, stdout, stderr }))
  const says = async (text: string): Promise<void> => {
    while (!stdout.includes(text)) {
      const more = await Promise.race([once(child.stdout, 'data'), finished])
      if (!Array.isArray(more) && !stdout.includes(text))
        throw new Error(`ended without "${text}": ${stdout}${stderr}`)
    }
  }
  return { child, says, finished }
}

/** Every line of an answer given with `--json`. */
export function jsonLines(text: string): readonly Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}
