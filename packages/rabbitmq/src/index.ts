export { rabbitmq } from './rabbitmq-transport.ts'
export type { RabbitmqTransport } from './rabbitmq-transport.ts'
export type { RabbitmqCommonOptions, RabbitmqConnectionOptions, RabbitmqOptions } from './rabbitmq-options.ts'
export type { AmqpConnection } from './rabbitmq-driver.ts'
