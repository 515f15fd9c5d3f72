import type { Harness } from '@bananasjs/conformance'
import { Redis } from 'ioredis'
import { redis } from '../../src/index.ts'
import type { RedisOptions, RedisTransport } from '../../src/index.ts'

/** Each transport has a name of its own at the server, by which its connections are found and cut. */
export function redisHarness(
  options: RedisOptions,
  nodes: readonly string[],
  after?: () => Promise<void>,
): Harness {
  const admins = nodes.map((url) => new Redis(url))
  const names = new WeakMap<object, string>()
  let count = 0
  return {
    create(): RedisTransport {
      count += 1
      const name = `conformance-${process.pid}-${count}`
      const transport = redis({ ...options, driver: { ...options.driver, connectionName: name } })
      names.set(transport, name)
      return transport
    },
    async crash(transport) {
      const name = names.get(transport)
      const { client } = transport as RedisTransport
      if (client instanceof Redis) client.stream.destroy() // as a pulled cable; what blocks is cut at the server
      await Promise.all(admins.map((admin) => killClients(admin, `${name} `)))
    },
    async after() {
      for (const admin of admins) admin.disconnect()
      await after?.()
    },
  }
}

async function killClients(admin: Redis, name: string): Promise<void> {
  const lines = String(await admin.call('client', ['list'])).split('\n')
  for (const line of lines.filter((text) => / name=(\S* )/.exec(text)?.[1]?.endsWith(name))) {
    const id = /\bid=(\d+)/.exec(line)?.[1]
    if (id !== undefined) await admin.call('client', ['kill', 'id', id])
  }
}
