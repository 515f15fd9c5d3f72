import { fork } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { historyFile, readHistory } from '../../src/index.ts'
import { until } from '../faults/stage.ts'

const WRITING = fileURLToPath(new URL('writing-process.ts', import.meta.url))

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'history-test-'))
  onTestFinished(() => rmSync(made, { recursive: true, force: true }))
  return made
}

const notes = () => ({ torn: 0, damaged: [] as string[] })
const kinds = (path: string): readonly string[] => [...readHistory(path)].map(({ kind }) => kind)

describe('a history file', () => {
  it('keeps what was written, however suddenly its process is killed', async () => {
    const path = folder()
    const child = fork(WRITING, [path], { execArgv: ['--no-warnings'] })
    const gone = once(child, 'exit')
    onTestFinished(() => void child.kill('SIGKILL'))
    let safe = -1
    child.on('message', (task: number) => (safe = task))
    await until('much is safe', () => safe >= 5000)
    child.kill('SIGKILL')
    await gone
    const found = notes()
    const tasks = [...readHistory(path, found)].flatMap((event) =>
      event.kind === 'sent' ? [event.task] : [],
    )
    expect(tasks.length).toBeGreaterThan(safe)
    expect(tasks).toEqual(tasks.map((_, index) => `task-${index}`))
    expect(found).toEqual({ torn: 0, damaged: [] })
  })

  it('is read up to a record that was cut short', () => {
    const path = folder()
    const history = historyFile({ folder: path, by: 'a' })
    history.write({ kind: 'sent', task: 'ä' }, { kind: 'sent', task: 'ö' })
    history.close()
    truncateSync(history.path, readFileSync(history.path).length - 4)
    const found = notes()
    expect([...readHistory(path, found)].map(({ kind }) => kind)).toEqual(['up', 'sent'])
    expect(found.torn).toBe(1)
  })

  it('tells of lines that are no records, and reads on', () => {
    const path = folder()
    const history = historyFile({ folder: path, by: 'a' })
    appendFileSync(history.path, '{"at":1,"ki\n')
    history.write({ kind: 'down' })
    history.close()
    const found = notes()
    expect([...readHistory(path, found)].map(({ kind }) => kind)).toEqual(['up', 'down'])
    expect(found.damaged).toEqual(['a.history: {"at":1,"ki'])
  })

  it('is longer than what is read at once', () => {
    const path = folder()
    const history = historyFile({ folder: path, by: 'a' })
    const tasks = Array.from({ length: 5000 }, (_, index) => `täsk-${index}-${'x'.repeat(index % 97)}`)
    for (const task of tasks) history.write({ kind: 'sent', task })
    history.close()
    expect([...readHistory(path)].flatMap((event) => (event.kind === 'sent' ? [event.task] : []))).toEqual(
      tasks,
    )
  })
})

describe('the files of many processes', () => {
  it('are read as one, in the order of time, each event with who saw it', () => {
    const path = folder()
    let now = 0
    const files = ['a', 'b/1', 'c'].map((by) => historyFile({ folder: path, by, now: () => now }))
    for (now = 1; now <= 300; now += 1) files[(now * 7) % 3]!.write({ kind: 'sent', task: String(now) })
    for (const file of files) file.close()
    const events = [...readHistory(path)].filter(({ kind }) => kind === 'sent')
    expect(events.map(({ at }) => at)).toEqual(Array.from({ length: 300 }, (_, index) => index + 1))
    expect(new Set(events.map(({ by }) => by))).toEqual(new Set(['a', 'b/1', 'c']))
  })

  it('may be none, or empty', () => {
    const path = folder()
    writeFileSync(join(path, 'dead-at-once.history'), '')
    writeFileSync(join(path, 'something-else.txt'), 'hello\n')
    expect(kinds(path)).toEqual([])
  })
})
