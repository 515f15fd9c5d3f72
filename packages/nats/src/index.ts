export { nats } from './nats-transport.ts'
export type { NatsTransport } from './nats-transport.ts'
export type { NatsDriver } from './nats-driver.ts'
export type { NatsClientOptions, NatsCommonOptions, NatsOptions } from './nats-options.ts'
