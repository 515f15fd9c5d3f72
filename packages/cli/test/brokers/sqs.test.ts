import { expect, onTestFinished, test } from 'vitest'
import { startSqsProcess } from '../../../sqs/test/brokers/sqs-process.ts'
import { jsonLines, project } from '../project.ts'
import type { Project } from '../project.ts'

const here = (): Project => project({}, ['core', 'cli', 'sqs'])

async function emulator(): Promise<Readonly<Record<string, string>>> {
  const { url, stop } = await startSqsProcess()
  onTestFinished(stop)
  const credentials = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' }
  return { BANANAS_URL: `sqs+${url}?prefix=cli-`, ...credentials }
}

test('a url of SQS is understood: tasks are enqueued, counted and checked, on queues of its prefix', async () => {
  const env = await emulator()
  const { bananas } = here()
  const sent = await bananas(['enqueue', 'mail.send', '{"to":"Ada"}', '--queue', 'mail'], { env })
  expect(sent.stderr).toBe('')
  expect(sent.code).toBe(0)
  const queues = await bananas(['queues', '--json'], { env })
  expect(jsonLines(queues.stdout)).toEqual([expect.objectContaining({ queue: 'mail', ready: 1 })])
  const doctor = await bananas(['doctor', '--json'], { env })
  const checks = jsonLines(doctor.stdout)
  expect(checks.find(({ check }) => check === 'connection')).toMatchObject({ level: 'ok' })
  expect(checks.find(({ check }) => check === 'queues')?.['found']).toContain('begin with "cli-"')
  expect(checks.find(({ check }) => check === 'retention')).toMatchObject({ level: 'ok' })
})

test('missing credentials end the command with what to check, not with a stack', async () => {
  const { BANANAS_URL } = await emulator()
  const env = {
    BANANAS_URL: BANANAS_URL!,
    AWS_ACCESS_KEY_ID: '',
    AWS_SECRET_ACCESS_KEY: '',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  }
  const { code, stderr } = await here().bananas(['queues'], { env })
  expect(code).toBeGreaterThan(0)
  expect(stderr).toContain('AWS_ACCESS_KEY_ID')
  expect(stderr).not.toContain('    at ')
})
