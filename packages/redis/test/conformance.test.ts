import { describeTransport } from '@bananasjs/conformance/vitest'
import { redisHarness } from './brokers/conformance-harness.ts'
import { findServers } from './brokers/redis-servers.ts'

for (const { name, url, stop } of await findServers()) {
  describeTransport(name, redisHarness({ url, prefix: 'conformance' }, [url], stop))
}
