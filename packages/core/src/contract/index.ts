/** The door for adapter authors: everything an adapter needs, and nothing else. */
export { QueueError } from '../errors.ts'
export type { QueueErrorCode, QueueErrorOptions } from '../errors.ts'
export type {
  Broker,
  ConnectionNotice,
  DeadLetter,
  DeadLetterPage,
  DeadLetters,
  DeadLetterSelection,
  QueueCounts,
} from './broker.ts'
export type { Channel, ChannelMessage, Subscription } from './channel.ts'
export type { Consumer, ConsumeOptions, ReceiveOptions } from './consumer.ts'
export type { Abortable, Failure, Resource } from './failure.ts'
export type { Delivery, Headers, Message, Settlement } from './message.ts'
export type { ResultBackend, ResultRecord, ResultState, ResultSupports } from './result-backend.ts'
export type { Serializer } from './serializer.ts'
export type { BrokerSupports, Durability } from './supports.ts'
export type { Diagnosis, Transport, TransportOrigin } from './transport.ts'
export { isFinal } from './result-state.ts'
export { Mailbox } from './mailbox.ts'
export { asBuffer } from './as-buffer.ts'
export { eitherSignal } from './either-signal.ts'
export { TurnoverMap } from './turnover-map.ts'
export { race } from './race.ts'
export { Tenancy } from './tenancy.ts'
export type { SharedClient } from './tenancy.ts'
export { checkMessage, checkQueueName } from './check-message.ts'
export { backoffMs, Reconnects } from '../runtime/reconnects.ts'
export { sleep } from '../runtime/sleep.ts'
export { systemRuntime } from '../runtime/system-runtime.ts'
export { createUuidV7 } from '../runtime/uuid-v7.ts'
export type { Runtime, Timer } from '../runtime/runtime.ts'
