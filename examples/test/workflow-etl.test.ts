import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { CsvParser } from '../workflow-etl/csv/csv-parser.ts'

const MAIN = join(import.meta.dirname, '../workflow-etl/main.ts')
const FILES = 60
const ROWS = 1500

describe('the workflow example', { timeout: 90_000 }, () => {
  test('runs without an argument, and sets apart what does not fit', async () => {
    const state = temporary()
    const graph = join(state, 'graph.mmd')
    const { stdout, stderr, code } = await finish(start([], state, ['--mermaid', graph]))
    expect(code, stderr).toBe(0)
    expect(stdout).toContain('3 tables, 72 rows, 3 rows rejected')
    expect(stdout).toContain('orders, line 18: quantity: "two" is no integer')
    expect(stdout).toContain('orders, line 34: 7 cells in 6 columns')
    expect(stderr).toMatch(/etl: succeeded, 11 of 11 steps succeeded\n {2}● extract customers/)
    expect(readFileSync(graph, 'utf8')).toContain('flowchart TD')
    const warehouse = new DatabaseSync(
      globSync('*/warehouse.db', { cwd: state }).map((file) => join(state, file))[0]!,
    )
    onTestFinished(() => warehouse.close())
    expect(
      warehouse.prepare('SELECT name, postcode, newsletter FROM customers WHERE id IN (2, 7)').all(),
    ).toEqual([
      { name: 'Grace "Amazing" Hopper', postcode: '22314', newsletter: 0 },
      { name: 'Hedy\nLamarr', postcode: '1010', newsletter: 1 },
    ])
  })

  test('carries on after everything was killed, with the report of an undisturbed run', async () => {
    const folder = makeFolder()
    const undisturbed = await finish(start([folder], temporary()))
    expect(undisturbed.stdout).toContain(
      `${FILES} tables, ${(FILES * ROWS).toLocaleString('en-US')} rows, 0 rows`,
    )
    const state = temporary()
    const child = start([folder], state, [], { detached: true })
    await until(() => stepsDone(state) > 20)
    process.kill(-child.pid!, 'SIGKILL')
    await once(child, 'exit')
    expect(globSync('*/warehouse.db', { cwd: state })).toEqual([])
    const resumed = await finish(start([folder], state))
    const [, done] = /carrying on after (\d+) steps/.exec(resumed.stderr) ?? []
    expect(Number(done)).toBeGreaterThan(0)
    expect(resumed.stderr).toContain(`${3 * FILES + 2} of ${3 * FILES + 2} steps succeeded`)
    expect(findings(resumed.stdout)).toBe(findings(undisturbed.stdout))
  })

  test('replaces a worker that is killed, and loses nothing', async () => {
    const folder = makeFolder()
    const undisturbed = await finish(start([folder], temporary()))
    const state = temporary()
    const child = start([folder], state)
    const ending = finish(child)
    await until(() => stepsDone(state) > 20)
    process.kill(childrenOf(child.pid!)[0]!, 'SIGKILL')
    const { stdout, stderr, code } = await ending
    expect(code, stderr).toBe(0)
    expect(stderr).toContain('SIGKILL')
    expect(findings(stdout)).toBe(findings(undisturbed.stdout))
  })

  test('loads the other files when one is none', async () => {
    const folder = temporary()
    writeFileSync(join(folder, 'good.csv'), 'a,b\n1,2\n')
    writeFileSync(join(folder, 'binary.csv'), Buffer.from([0, 1, 2, 3]))
    writeFileSync(join(folder, 'open.csv'), 'a,b\n1,"2\n')
    writeFileSync(join(folder, 'empty.csv'), '')
    const { stdout, code } = await finish(start([folder], temporary()))
    expect(code).toBe(0)
    expect(stdout).toContain('1 tables, 1 rows, 0 rows rejected')
    expect(stdout).toContain('binary.csv is not text')
    expect(stdout).toContain('the record in line 2 has no end')
    expect(stdout).toContain('empty.csv is empty')
  })

  test.each([
    ['a missing file', ['/no/such/file.csv'], 'ENOENT'],
    ['a folder without tables', [import.meta.dirname], 'no file that ends in .csv'],
    ['no workers', ['--workers', '0'], 'from 1 to'],
    ['an unknown flag', ['--fast'], '--help'],
  ])('answers %s clearly', async (_, args, fragment) => {
    const { code, stderr, stdout } = await finish(start(args, temporary()))
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(fragment)
  })
})

test.each([
  [
    'plain',
    'a,b\n1,2\n',
    [
      ['a', 'b'],
      ['1', '2'],
    ],
  ],
  [
    'without a last line end',
    'a,b\n1,2',
    [
      ['a', 'b'],
      ['1', '2'],
    ],
  ],
  ['with other line ends', 'a\r\nb\rc\r\n', [['a'], ['b'], ['c']]],
  ['quoted', '"a,""b""","c\r\nd"\n', [['a,"b"', 'c\r\nd']]],
  ['with empty lines and empty cells', '\n\n,\n""\n', [['', '']]],
  ['with a byte order mark', '\ufeffa\n', [['a']]],
  ['with a quote inside', 'a"b,c\n', [['a"b', 'c']]],
])('a table %s is read, wherever the portions end', (_, text, rows) => {
  for (let cut = 0; cut <= text.length; cut += 1) {
    const parser = new CsvParser('file', ',')
    const records = [...parser.add(text.slice(0, cut)), ...parser.add(text.slice(cut)), ...parser.end()]
    expect(records.map(({ cells }) => cells)).toEqual(rows)
  }
})

function makeFolder(): string {
  const folder = temporary()
  for (let file = 0; file < FILES; file += 1) {
    const rows = Array.from({ length: ROWS }, (_, row) => `${row},name ${row % 7},${(row * file) / 4}`)
    writeFileSync(join(folder, `table-${file}.csv`), `id,name,amount\n${rows.join('\n')}\n`)
  }
  return folder
}

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bananas-etl-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function start(
  paths: readonly string[],
  state: string,
  args: readonly string[] = [],
  options: { readonly detached?: boolean } = {},
): ChildProcess {
  const child = spawn(process.execPath, [MAIN, ...paths, ...args], {
    ...options,
    env: { ...process.env, BANANAS_ETL_STATE: state },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

interface Ending {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

async function finish(child: ChildProcess): Promise<Ending> {
  let stdout = ''
  let stderr = ''
  child.stdout!.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr!.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout, stderr }
}

/** Everything but where the warehouse is. */
function findings(stdout: string): string {
  return stdout.slice(0, stdout.indexOf('All of it is in'))
}

function stepsDone(state: string): number {
  return globSync('*/run/stage/*.{raw,clean,judged}', { cwd: state }).length
}

function childrenOf(pid: number): readonly number[] {
  return execFileSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map(Number)
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 30_000
  while (!holds()) {
    if (performance.now() > deadline) throw new Error('waited 30 s in vain')
    await sleep(5)
  }
}
