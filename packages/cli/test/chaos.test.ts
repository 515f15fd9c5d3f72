import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { jsonLines, project } from './project.ts'
import { tasksProject } from './tasks-project.ts'

const PACKAGES = ['core', 'sqlite', 'cli', 'chaos']
const QUICK = '{ warmUp: 500ms, inject: 1s, recovery: 500ms, drain: 20s }'
const GENTLE = `title: a tenth of the attempts fail
steady:
  - { probe: lost, equals: 0 }
load: { shape: constant, rate: 60 }
phases: ${QUICK}
method:
  - { kind: task.throw, rate: 0.1 }
`

describe('chaos', { timeout: 60_000 }, () => {
  it('runs an experiment from a file, writes its report, and says what came of it', async () => {
    const { bananas, folder } = project({ 'gentle.yaml': GENTLE }, PACKAGES)
    const args = [
      'chaos',
      'run',
      'gentle.yaml',
      '--broker',
      'sqlite:./q.db',
      '--allow',
      '--audit',
      'audit.log',
    ]
    const { code, stdout } = await bananas([...args, '--json'])
    expect(code).toBe(0)
    expect(jsonLines(stdout)).toMatchObject([{ verdict: 'held', lost: 0 }])
    for (const name of ['report.html', 'report.json', 'report.junit.xml', 'report.md'])
      expect(existsSync(join(folder, 'chaos-report', name))).toBe(true)
    expect(readFileSync(join(folder, 'audit.log'), 'utf8')).toContain('"arm"')
    const compared = await bananas([
      'chaos',
      'compare',
      'chaos-report/report.json',
      'chaos-report/report.json',
    ])
    expect(compared.code).toBe(0)
    expect(compared.stdout).toContain('success rate')
  })

  it('ends with 1 when an expectation did not hold', async () => {
    const wrong = GENTLE.replace('task.throw', 'task.wrong-result').replace('rate: 0.1', 'rate: 0.5')
    const { bananas } = project({ 'wrong.yaml': wrong }, PACKAGES)
    const { code, stdout } = await bananas(['chaos', 'run', 'wrong.yaml', '-b', 'memory:', '--allow'])
    expect(code).toBe(1)
    expect(stdout).toContain('deviated: a tenth of the attempts fail')
    expect(stdout).toContain('I2, nothing is altered')
  })

  it('is off unless it is allowed', async () => {
    const { bananas } = project({ 'gentle.yaml': GENTLE }, PACKAGES)
    const { code, stderr } = await bananas(['chaos', 'run', 'gentle.yaml', '--broker', 'memory:'])
    expect(code).toBe(2)
    expect(stderr).toContain('BANANAS_CHAOS=allow')
  })

  it('puts a task of the config on trial', async () => {
    const own = GENTLE.replace('rate: 60 }', 'rate: 60, task: math.add, input: { a: 1, b: 2 } }')
    const { bananas } = tasksProject({ 'own.yaml': own })
    const { code, stdout } = await bananas(['chaos', 'run', 'own.yaml', '--allow', '--json'])
    expect(jsonLines(stdout)).toMatchObject([{ verdict: 'held' }])
    expect(code).toBe(0)
  })

  it('plans without doing anything, and ends with 1 when a fault would hit nothing', async () => {
    const { bananas } = project({ 'gentle.yaml': GENTLE }, PACKAGES)
    const { code, stdout } = await bananas(['chaos', 'plan', 'gentle.yaml', '-b', 'memory:', '--allow'])
    expect(code).toBe(0)
    expect(stdout).toContain('task.throw hits application: 10 % of everything, about 5 tasks')
    const refused = await bananas(['chaos', 'plan', 'gentle.yaml', '-b', 'memory:', '--json'])
    expect(refused.code).toBe(1)
    expect(jsonLines(refused.stdout)[0]!['refused']).toContain('chaos is off')
  })

  it('names file, line and the nearest word for a fault that is not known', async () => {
    const { bananas } = project({ 'typo.yaml': GENTLE.replace('task.throw', 'task.trow') }, PACKAGES)
    const { code, stderr } = await bananas(['chaos', 'run', 'typo.yaml', '-b', 'memory:', '--allow'])
    expect(code).toBe(2)
    expect(stderr).toMatch(/typo\.yaml:7: .*"task\.trow".*task\.throw/)
  })

  it('refuses faults of links where there is no link, and of processes in memory', async () => {
    const { bananas } = project({}, PACKAGES)
    for (const [name, why] of [
      ['outage', 'a broker with a host and a port'],
      ['killed-workers', 'cannot share memory'],
    ] as const) {
      const { code, stderr } = await bananas(['chaos', 'plan', name, '-b', 'memory:'])
      expect(code).toBe(2)
      expect(stderr).toContain(why)
    }
  })

  it('lists experiments and faults', async () => {
    const { bananas } = project({}, PACKAGES)
    expect((await bananas(['chaos', 'list'])).stdout).toContain('bad-day')
    const faults = jsonLines((await bananas(['chaos', 'list', '--faults', '--json'])).stdout)
    expect(faults.map(({ kind }) => kind)).toContain('call.fail-after')
  })

  it('stops a run from another process; its report says why', async () => {
    const long = GENTLE.replace('inject: 1s', 'inject: 50s')
    const { bananas, start } = project({ 'long.yaml': long }, PACKAGES)
    const running = start(['chaos', 'run', 'long.yaml', '--broker', 'sqlite:./q.db', '--allow', '--json'])
    for (let said = ''; !said.includes('reasons');) {
      await bananas(['chaos', 'stop', '--broker', 'sqlite:./q.db', '--reason', 'enough'])
      const ended = await Promise.race([running.finished, new Promise((resolve) => setTimeout(resolve, 200))])
      if (ended !== undefined) said = (await running.finished).stdout
    }
    const { code, stdout } = await running.finished
    expect(code).toBe(1)
    expect(jsonLines(stdout)).toMatchObject([
      { verdict: 'aborted', reasons: ['stopped over the channel: enough'] },
    ])
  })
})
