import { describeTransport } from '@bananasjs/conformance/vitest'
import { rabbitmqHarness } from './brokers/conformance-harness.ts'
import { findServers } from './brokers/rabbitmq-servers.ts'

for (const { name, url, stop } of await findServers()) {
  describeTransport(name, rabbitmqHarness({ url, prefix: 'conformance' }, stop))
}
