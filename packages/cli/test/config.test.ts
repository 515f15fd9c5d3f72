import { describe, expect, it } from 'vitest'
import { jsonLines, project } from './project.ts'
import { tasksProject } from './tasks-project.ts'

describe('the config file', { timeout: 60_000 }, () => {
  it('is found upward from the working directory, and names its database from where it lies', async () => {
    const { bananas } = tasksProject({ 'deep/down/here.txt': '' })
    expect((await bananas(['enqueue', 'sleep', '1'], { folder: 'deep/down' })).code).toBe(0)
    expect(jsonLines((await bananas(['queues', '--json'])).stdout)).toMatchObject([{ ready: 1 }])
  })

  it('gives way to BANANAS_URL, which gives way to --broker', async () => {
    const { bananas } = tasksProject()
    const env = { BANANAS_URL: 'sqlite:./environment.db' }
    await bananas(['enqueue', 'sleep', '1'], { env })
    expect(jsonLines((await bananas(['queues', '--json'], { env })).stdout)).toHaveLength(1)
    const flag = ['--broker', 'sqlite:./flag.db']
    await bananas([...flag, 'enqueue', 'sleep', '1', '--count', '3'], { env })
    expect(jsonLines((await bananas([...flag, 'queues', '--json'], { env })).stdout)).toMatchObject([
      { ready: 3 },
    ])
  })

  it('may be JSON, or a module that needs no types', async () => {
    for (const files of [
      { 'bananas.config.json': '{ "broker": "sqlite:./a.db" }' },
      { 'bananas.config.mjs': 'export default { broker: "sqlite:./a.db" }' },
    ] as readonly Record<string, string>[]) {
      const { bananas } = project(files)
      expect(await bananas(['enqueue', 'anything', '{}'])).toMatchObject({ code: 0 })
    }
  })

  it.each<[string, Record<string, string>, readonly string[], string]>([
    ['no broker at all', {}, ['queues'], 'bananas.config'],
    ['a file that is not there', {}, ['-c', 'gone.ts', 'queues'], 'There is no config file'],
    ['broken JSON', { 'bananas.config.json': '{ broker' }, ['queues'], 'cannot be read as JSON'],
    ['a syntax error', { 'bananas.config.mjs': 'export default {{' }, ['queues'], 'bananas.config.mjs'],
    [
      'an import that is missing',
      { 'bananas.config.mjs': 'import "nowhere"' },
      ['queues'],
      'imports what is not there',
    ],
    [
      'an error of its own',
      { 'bananas.config.mjs': 'throw new TypeError("oh no")' },
      ['queues'],
      'TypeError: oh no',
    ],
    ['no object', { 'bananas.config.mjs': 'export default 7' }, ['queues'], 'must export an object'],
    [
      'a key that is no option',
      { 'bananas.config.json': '{ "brokre": "x" }' },
      ['queues'],
      '"brokre" is no option',
    ],
    [
      'a broker that is no text',
      { 'bananas.config.json': '{ "broker": 7 }' },
      ['queues'],
      '"broker" must be text',
    ],
    ['an enum', { 'bananas.config.ts': 'enum A { b }\nexport default {}' }, ['queues'], 'TypeScript'],
    ['an unknown scheme', {}, ['-b', 'kafka://x', 'queues'], '"kafka:"'],
    ['an unknown task', tasksOnly(), ['enqueue', 'sleeep', '1'], 'declares no task "sleeep"'],
  ])('%s is refused with exit code 2, naming the culprit', async (_what, files, args, says) => {
    const { bananas } = project(files)
    const { code, stdout, stderr } = await bananas(args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(says)
  })
})

function tasksOnly(): Record<string, string> {
  return {
    'bananas.config.mjs': `import { defineTask } from '@bananasjs/core'
export default { broker: 'sqlite:./a.db', tasks: [defineTask('sleep')] }`,
  }
}
