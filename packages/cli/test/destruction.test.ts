import { describe, expect, it } from 'vitest'
import { jsonLines } from './project.ts'
import { tasksProject } from './tasks-project.ts'

describe('commands that destroy', { timeout: 60_000 }, () => {
  it.each([[['purge', 'default']], [['dead', 'drop', 'default']], [['dead', 'redrive', 'default']]])(
    '%j does nothing where nobody can be asked, and says how to go ahead',
    async (args) => {
      const { bananas, start } = tasksProject()
      const worker = start(['worker'])
      await worker.says('Tasks: math.add')
      await bananas(['enqueue', 'math.fail', '"dead"', '--wait'])
      worker.child.kill('SIGTERM')
      await worker.finished
      await bananas(['enqueue', 'sleep', '1'])
      const { code, stderr } = await bananas(args)
      expect(code).toBe(2)
      expect(stderr).toContain('Pass --yes to go ahead')
      expect(jsonLines((await bananas(['queues', '--json'])).stdout)).toMatchObject([{ ready: 1, dead: 1 }])
    },
  )
})

describe('text from a queue', { timeout: 60_000 }, () => {
  const hostile = '\u001b]8;;http://evil\u0007click\u001b]8;;\u0007\u001b[2J\r\nforged: line\u202Egnp.exe'

  it('cannot write to the terminal, and stays whole in --json', async () => {
    const { bananas } = tasksProject()
    await bananas(['enqueue', hostile, JSON.stringify({ text: hostile }), '--any-task'])
    for (const args of [
      ['inspect', 'default'],
      ['inspect', 'default', '--json'],
    ]) {
      const { stdout } = await bananas(args)
      // oxlint-disable-next-line no-control-regex -- looking for control characters is the point
      expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
      expect(stdout.split('\n').some((line) => line.startsWith('forged'))).toBe(false)
    }
    const items = jsonLines((await bananas(['inspect', 'default', '--json'])).stdout)
    expect(items.find(({ kind }) => kind === 'task')).toMatchObject({ task: hostile })
  })

  it.each([
    ['not JSON', ['enqueue', 'sleep', '{oops'], 'JSON'],
    ['a priority out of range', ['enqueue', 'sleep', '1', '--priority', '101'], '101'],
    ['a delay nobody understands', ['enqueue', 'sleep', '1', '--delay', '5 fortnights'], '5 fortnights'],
    ['a queue without a name', ['enqueue', 'sleep', '1', '--queue', ''], 'queue'],
    ['a header of the wire format', ['enqueue', 'sleep', '1', '--header', 'bananas-task=x'], 'bananas-task'],
  ])('a payload or option that is %s is refused with exit code 2', async (_what, args, says) => {
    const { code, stdout, stderr } = await tasksProject().bananas(args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(says)
  })
})
