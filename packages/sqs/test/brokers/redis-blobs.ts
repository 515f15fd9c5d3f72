import type { RedisDriver } from '@bananasjs/redis'
import type { BlobStore } from '../../src/index.ts'

/** The blob store of the page on SQS. No time to live: a body that goes before its message is a lost task. */
export function redisBlobs(client: RedisDriver): BlobStore {
  return {
    put: async (key, bytes) => void (await client.callBuffer('set', [`blob:${key}`, Buffer.from(bytes)])),
    get: async (key) => ((await client.callBuffer('get', [`blob:${key}`])) as Buffer | null) ?? undefined,
    delete: async (key) => void (await client.callBuffer('del', [`blob:${key}`])),
  }
}
