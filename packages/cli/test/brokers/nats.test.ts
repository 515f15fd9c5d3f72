import { expect, onTestFinished, test } from 'vitest'
import { startNatsProcess } from '../../../nats/test/brokers/nats-process.ts'
import type { NatsProcess } from '../../../nats/test/brokers/nats-process.ts'
import { jsonLines, project } from '../project.ts'
import type { Project } from '../project.ts'

const here = (): Project => project({}, ['core', 'cli', 'nats'])

async function server(config: readonly string[] = []): Promise<NatsProcess> {
  const started = await startNatsProcess({ config })
  onTestFinished(started.stop)
  return started
}

test('a url of NATS is understood: tasks are enqueued, counted and checked', async () => {
  const env = { BANANAS_URL: (await server()).url }
  const { bananas } = here()
  const sent = await bananas(['enqueue', 'mail.send', '{"to":"Ada"}', '--queue', 'mail'], { env })
  expect(sent.stderr).toBe('')
  expect(sent.code).toBe(0)
  const queues = await bananas(['queues', '--json'], { env })
  expect(jsonLines(queues.stdout)).toEqual([expect.objectContaining({ queue: 'mail', ready: 1 })])
  const doctor = await bananas(['doctor', '--json'], { env })
  const checks = jsonLines(doctor.stdout)
  expect(checks.find(({ check }) => check === 'connection')).toMatchObject({ level: 'ok' })
  expect(checks.find(({ check }) => check === 'server version')?.['found']).toMatch(/^NATS \d+\.\d+/)
  expect(checks.find(({ check }) => check === 'power loss')).toMatchObject({ level: 'warning' })
})

test('a wrong password ends the command with what to check, not with a stack', async () => {
  const { port } = await server(['authorization { user: ada, password: right }'])
  const env = { BANANAS_URL: `nats://ada:wrong@127.0.0.1:${port}` }
  const { code, stderr } = await here().bananas(['queues'], { env })
  expect(code).toBeGreaterThan(0)
  expect(stderr).toContain('Check the credentials')
  expect(stderr).not.toContain('wrong')
  expect(stderr).not.toContain('    at ')
})
