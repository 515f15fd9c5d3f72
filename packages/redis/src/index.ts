export { redis } from './redis-transport.ts'
export type { RedisTransport } from './redis-transport.ts'
export type { RedisDriver } from './redis-driver.ts'
export type { HostPort, RedisClientOptions, RedisCommonOptions, RedisOptions } from './redis-options.ts'
