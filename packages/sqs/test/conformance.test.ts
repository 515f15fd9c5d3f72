import { describeTransport } from '@bananasjs/conformance/vitest'
import { sqs } from '../src/index.ts'
import { CREDENTIALS, findServer } from './brokers/sqs-servers.ts'

for (const { kind, fifo } of [
  { kind: 'standard', fifo: false },
  { kind: 'fifo', fifo: true },
]) {
  const { name, url, stop } = await findServer()
  describeTransport(`sqs ${kind} ${name}`, {
    create: () => sqs(url, { fifo, credentials: CREDENTIALS, prefix: 'kit-' }),
    after: stop,
  })
}
