import { describeTransport } from '@bananasjs/conformance/vitest'
import { Redis } from 'ioredis'
import { redis } from '../src/index.ts'

const url = process.env['BANANAS_REDIS_URL'] ?? 'redis://127.0.0.1:6399'
const admin = new Redis(url)
const names = new WeakMap<object, string>()
let count = 0

describeTransport('redis', {
  create: () => {
    const name = `conformance-${process.pid}-${(count += 1)}`
    const transport = redis(url, { prefix: 'conformance', driver: { connectionName: name } })
    names.set(transport, name)
    return transport
  },
  crash: async (transport) => {
    const name = names.get(transport)
    const clients = String(await admin.call('client', ['list'])).split('\n')
    for (const client of clients.filter((line) => line.includes(` name=${name} `))) {
      const id = /\bid=(\d+)/.exec(client)?.[1]
      if (id !== undefined) await admin.call('client', ['kill', 'id', id])
    }
  },
  after: async () => void (await admin.quit()),
})
