import { describe, expect, test } from 'vitest'
import { missingBrokers } from './found-brokers.ts'

const nothing = (): boolean => false
const onlyDocker = (command: string): boolean => command === 'docker'
const everything = (): boolean => true

describe('tests without their broker', () => {
  test('are left out where there is no server at all, with what to do', () => {
    const { files, notes } = missingBrokers({}, nothing)
    expect(files).toContain('packages/redis/test/conformance.test.ts')
    expect(files).toContain('packages/redis/test/brokers/**')
    expect(notes).toHaveLength(3)
    expect(notes[0]).toContain('redis-server on the PATH, or start Docker, or set BANANAS_REDIS_URL')
  })

  test.each([
    ['a Docker engine', {}, onlyDocker],
    ['an address', { BANANAS_REDIS_URL: 'redis://elsewhere' }, nothing],
  ])('need no more than %s, unless they kill their server', (_what, environment, runs) => {
    const { files } = missingBrokers(environment, runs)
    expect(files).not.toContain('packages/redis/test/conformance.test.ts')
    expect(files).toContain('packages/redis/test/brokers/**')
  })

  test('do not exist where every server binary is there', () => {
    expect(missingBrokers({}, everything)).toEqual({ files: [], notes: [] })
  })

  test('are never left out in CI', () => {
    expect(missingBrokers({ CI: 'true' }, nothing)).toEqual({ files: [], notes: [] })
  })
})
