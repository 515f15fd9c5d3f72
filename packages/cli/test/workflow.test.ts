import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { jsonLines, project } from './project.ts'
import type { Project } from './project.ts'

const CONFIG = `
import { Bananas, defineTask } from '@bananasjs/core'
import { defineConfig } from '@bananasjs/cli'
import { sqlite } from '@bananasjs/sqlite'
import { workflows } from '@bananasjs/workflow'

export const half = defineTask<number, number>('half', { retry: false })
export const sum = defineTask<readonly number[], number>('sum', { retry: false })
export const flows = workflows()

export default defineConfig({
  app: () => new Bananas({ transport: sqlite('./tasks.db'), plugins: [flows] }),
  register: (worker) => {
    worker
      .handle(half, (n) => {
        if (n % 2 === 1) throw new RangeError(n + ' is odd \\u001b[2J')
        return n / 2
      })
      .handle(sum, (list) => list.reduce((total, n) => total + n, 0))
  },
})
`

const START = `
import config, { flows, half, sum } from './bananas.config.ts'
import { chord, step } from '@bananasjs/workflow'

const app = await config.app({})
const header = [step(half, { name: 'first' }).with(4), step(half, { name: 'second' }).with(Number(process.argv[2]))]
await flows.start(chord(header, sum), undefined, { id: 'nightly' })
await app.close()
`

const PACKAGES = ['core', 'sqlite', 'cli', 'workflow']

describe('workflows on the command line', { timeout: 120_000 }, () => {
  it('are shown while they wait, as text, as Mermaid and as JSON', async () => {
    const { bananas } = await waiting(6)
    const { code, stdout, stderr } = await bananas(['workflow', 'show', 'nightly'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout.split('\n')).toEqual([
      'nightly: running, 0 of 3 steps succeeded',
      '  ○ first sent',
      '  ○ second sent',
      '    · group waiting ← first, second',
      '      · sum waiting',
      '',
    ])
    const graph = await bananas(['workflow', 'show', 'nightly', '--mermaid'])
    expect(graph.stdout).toContain('flowchart TD\n  n0["first<br/>sent"]')
    const asJson = await bananas(['workflow', 'show', 'nightly', '--mermaid', '--json'])
    expect(jsonLines(asJson.stdout)).toEqual([{ id: 'nightly', mermaid: graph.stdout }])
    const [status] = jsonLines((await bananas(['workflow', 'show', 'nightly', '--json'])).stdout)
    expect(status).toMatchObject({ id: 'nightly', state: 'running', retries: 0 })
    expect(status!['nodes']).toHaveLength(4)
  })

  it('that failed are run again with another input, and what succeeded stays', async () => {
    const { bananas, start } = await waiting(3)
    const worker = start(['worker'])
    await worker.says('Tasks: half')
    await bananas(['results', 'nightly', '--wait'])
    const failed = await bananas(['workflow', 'show', 'nightly'])
    expect(failed.stdout).toMatch(/^nightly: failed, 1 of 3 steps succeeded: .*3 is odd/)
    expect(failed.stdout).not.toContain('\u001b')

    const retried = await bananas(['workflow', 'retry', 'nightly', '--input', 'second=8', '--json'])
    expect({ code: retried.code, lines: jsonLines(retried.stdout) }).toEqual({
      code: 0,
      lines: [{ id: 'nightly', retries: 1 }],
    })
    const again = await bananas(['results', 'nightly.r1', '--wait', '--json'])
    expect(jsonLines(again.stdout)).toMatchObject([{ state: 'succeeded' }])
    const [status] = jsonLines((await bananas(['workflow', 'show', 'nightly', '--json'])).stdout)
    expect(status).toMatchObject({
      state: 'succeeded',
      retries: 1,
      nodes: [{ value: 2 }, { value: 4 }, {}, { value: 6 }],
    })
    const third = await bananas(['workflow', 'retry', 'nightly'])
    expect(third).toMatchObject({ code: 2, stderr: expect.stringContaining('nothing to retry') as string })
    worker.child.kill('SIGTERM')
    expect((await worker.finished).code).toBe(0)
  })

  it('are cancelled once', async () => {
    const { bananas } = await waiting(6)
    const cancelled = await bananas(['workflow', 'cancel', 'nightly', '--reason', 'wrong file', '--json'])
    expect(jsonLines(cancelled.stdout)).toEqual([{ id: 'nightly', state: 'cancelled', cancelled: true }])
    const twice = await bananas(['workflow', 'cancel', 'nightly'])
    expect(twice).toMatchObject({ code: 0, stdout: 'nightly  cancelled already, left as it is\n' })
    const shown = await bananas(['workflow', 'show', 'nightly'])
    expect(shown.stdout).toMatch(/^nightly: cancelled, 0 of 3 steps succeeded: .*wrong file\n/)
  })

  it.each([
    ['an unknown workflow', ['show', 'no-such'], 1, 'no-such is not known here'],
    ['an input without a step', ['retry', 'nightly', '--input', '8'], 2, 'step=json'],
    ['an input that is no JSON', ['retry', 'nightly', '--input', 'second={'], 2, 'no JSON'],
    ['a retry of what still runs', ['retry', 'nightly'], 1, 'still running'],
  ])('answer %s clearly', async (_, args, code, fragment) => {
    const { bananas } = await waiting(6)
    const answer = await bananas(['workflow', ...args])
    expect({ code: answer.code, stdout: answer.stdout }).toEqual({ code, stdout: '' })
    expect(answer.stderr).toContain(fragment)
  })
})

/** A project in which a workflow has been started, and nobody works yet. */
async function waiting(second: number): Promise<Project> {
  const made = project({ 'bananas.config.ts': CONFIG, 'start.ts': START }, PACKAGES)
  await promisify(execFile)(process.execPath, ['--no-warnings', 'start.ts', String(second)], {
    cwd: made.folder,
  })
  return made
}
