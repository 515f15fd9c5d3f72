import { describe, expect, it } from 'vitest'
import { parseOptions } from '../options.ts'

const SUITES = ['redis', 'core']

describe('parseOptions', () => {
  it('takes a suite alone', () => {
    expect(parseOptions(['redis'], SUITES)).toEqual({
      suite: 'redis',
      json: false,
      save: false,
      rounds: undefined,
      tasks: undefined,
      only: undefined,
    })
  })

  it('takes options on either side of the suite', () => {
    expect(parseOptions(['--json', 'core', '--rounds', '3', '--only', 'size'], SUITES)).toMatchObject({
      suite: 'core',
      json: true,
      rounds: 3,
      only: 'size',
    })
  })

  it.each([
    [['kafka'], 'redis, core'],
    [[], 'redis, core'],
    [['redis', 'core'], 'redis core'],
    [['redis', '--rounds', '0'], '--rounds'],
    [['redis', '--tasks', 'many'], '--tasks'],
    [['redis', '--rouns', '1'], '--rouns'],
  ])('names what is wrong with %j', (argv, culprit) => {
    expect(() => parseOptions(argv, SUITES)).toThrow(culprit)
  })
})
