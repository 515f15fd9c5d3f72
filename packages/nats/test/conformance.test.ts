import { describeTransport } from '@bananasjs/conformance/vitest'
import { natsHarness } from './brokers/conformance-harness.ts'
import { findServers } from './brokers/nats-servers.ts'

for (const { name, url, stop } of await findServers()) {
  describeTransport(name, natsHarness({ url, prefix: 'conformance' }, stop))
}
