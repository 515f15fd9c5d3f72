import { describeTransport } from '@bananasjs/conformance/vitest'
import { redisHarness } from './brokers/conformance-harness.ts'
import { startRedisCluster } from './brokers/redis-cluster.ts'

const { nodes, processes, stop } = await startRedisCluster(['--appendonly', 'yes'])
const urls = processes.map(({ url }) => url)

describeTransport('redis cluster', redisHarness({ cluster: nodes, prefix: 'conformance' }, urls, stop))
