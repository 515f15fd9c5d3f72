import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../../../tests/free-port.ts'
import { startRedisProcess } from '../../../redis/test/brokers/redis-process.ts'
import type { RedisProcess } from '../../../redis/test/brokers/redis-process.ts'
import { jsonLines, project } from '../project.ts'
import type { Project } from '../project.ts'

const here = (): Project => project({}, ['core', 'cli', 'redis'])

async function server(config: readonly string[] = []): Promise<RedisProcess> {
  const process = await startRedisProcess(config)
  onTestFinished(() => process.stop())
  return process
}

test('doctor fails a server without a log: it says what would be lost, and what to do', async () => {
  const { url } = await server()
  const { code, stdout } = await here().bananas(['doctor', '--json'], { env: { BANANAS_URL: url } })
  expect(code).toBe(1)
  const checks = jsonLines(stdout)
  expect(checks.find(({ check }) => check === 'power loss')).toMatchObject({ fix: 'Set appendonly yes.' })
  expect(checks.find(({ check }) => check === 'an accepted task survives')).toMatchObject({
    level: 'warning',
  })
  expect(checks.find(({ check }) => check === 'server version')).toMatchObject({ level: 'ok' })
  expect(checks.find(({ check }) => check === 'workers')).toMatchObject({ fix: 'Start one: bananas worker' })
})

test('doctor fails a server that would evict queues', async () => {
  const { url } = await server([
    '--appendonly',
    'yes',
    '--maxmemory',
    '100mb',
    '--maxmemory-policy',
    'allkeys-lru',
  ])
  const { code, stdout } = await here().bananas(['doctor'], { env: { BANANAS_URL: url } })
  expect(code).toBe(1)
  expect(stdout).toContain('allkeys-lru: when memory is full the server deletes queues without a word')
  expect(stdout).toContain('→')
})

test('doctor lets a server with a log pass, and is honest about a power cut', async () => {
  const { url } = await server(['--appendonly', 'yes'])
  const { code, stdout } = await here().bananas(['doctor', '--json'], { env: { BANANAS_URL: url } })
  expect(code).toBe(0) // warnings are no errors
  expect(jsonLines(stdout).find(({ check }) => check === 'power loss')).toMatchObject({
    level: 'warning',
    found: expect.stringContaining('a power cut may lose the last second or two') as string,
  })
})

test('a server that is not there is exit code 3, with its address', async () => {
  const port = await freePort()
  const env = { BANANAS_URL: `redis://127.0.0.1:${port}` }
  const { code, stderr } = await here().bananas(['queues'], { env })
  expect(code).toBe(3)
  expect(stderr).toContain(`127.0.0.1:${port}`)
})

test('a wrong password is exit code 3, and is never shown', async () => {
  const { port } = await server(['--requirepass', 'right'])
  const env = { BANANAS_URL: `redis://:wrong-password@127.0.0.1:${port}` }
  for (const args of [['queues'], ['queues', '--json'], ['doctor', '-v']]) {
    const { code, stdout, stderr } = await here().bananas(args, { env })
    expect(code).toBe(3)
    expect(stdout + stderr).not.toContain('wrong-password')
    expect(stdout + stderr).toMatch(/password|WRONGPASS|credentials/i)
  }
})

test('the same commands work as on SQLite', async () => {
  const { url } = await server()
  const env = { BANANAS_URL: url }
  const { bananas } = here()
  await bananas(['enqueue', 'anything', '{"a":1}', '--count', '3'], { env })
  expect(jsonLines((await bananas(['queues', '--json'], { env })).stdout)).toMatchObject([{ ready: 3 }])
  expect(jsonLines((await bananas(['purge', 'default', '--yes', '--json'], { env })).stdout)).toEqual([
    { queue: 'default', purged: 3 },
  ])
})
