import { expect, onTestFinished, test } from 'vitest'
import { startRabbitmqProcess } from '../../../rabbitmq/test/brokers/rabbitmq-process.ts'
import { jsonLines, project } from '../project.ts'

const CONFIG = `
import { defineTask } from '@bananasjs/core'
import { defineConfig } from '@bananasjs/cli'

const mail = defineTask<string>('mail.send', { queue: 'mail', retry: false })
export default defineConfig({
  broker: process.env.BANANAS_URL,
  tasks: { mail },
  register: (worker) => worker.handle(mail, () => { throw new Error('no such address') }),
})
`

test('a url of RabbitMQ is understood; what AMQP cannot count is unknown, and queues are those of the workers', async () => {
  const server = await startRabbitmqProcess()
  onTestFinished(server.stop)
  const env = { BANANAS_URL: server.url }
  const { bananas, start } = project({ 'bananas.config.ts': CONFIG }, ['core', 'cli', 'rabbitmq'])
  const sent = await bananas(['enqueue', 'mail.send', '"Ada"', '--queue', 'mail'], { env })
  expect(sent.stderr).toBe('')
  expect(sent.code).toBe(0)
  const waiting = await bananas(['inspect', 'mail', '--json'], { env })
  expect(jsonLines(waiting.stdout)).toEqual([{ kind: 'counts', queue: 'mail', ready: 1, dead: 0 }])
  const unlisted = await bananas(['queues'], { env })
  expect(unlisted.stderr).toContain('rabbitmq cannot list its queues')
  expect(unlisted.code).toBe(0)

  const worker = start(['worker', '--queues', 'mail', '-v'], { env })
  await worker.says('task.dead')
  // A dead task is told before it is set aside, and workers are listened to for half a second only.
  const listed = async (): Promise<unknown> =>
    jsonLines((await bananas(['queues', '--json'], { env })).stdout)
  await expect.poll(listed, { timeout: 60_000 }).toEqual([{ queue: 'mail', ready: 0, dead: 1 }])
  const shown = await bananas(['inspect', 'mail'], { env })
  expect(shown.stdout).toContain('ready 0  delayed ?  running ?  dead 1')
})
