/** A table of AMQP: of a queue's arguments, or of a message's headers. */
export type AmqpTable = Readonly<Record<string, unknown>>

export interface AmqpProperties {
  readonly messageId?: string | undefined
  readonly type?: string | undefined
  readonly headers?: AmqpTable | undefined
  readonly persistent?: boolean
  readonly mandatory?: boolean
  readonly priority?: number | undefined
}

export interface AmqpMessage {
  readonly fields: {
    readonly deliveryTag?: number | undefined
    readonly redelivered?: boolean | undefined
    readonly routingKey?: string | undefined
  }
  readonly properties: {
    readonly messageId?: unknown
    readonly type?: unknown
    readonly headers?: AmqpTable | undefined
  }
  readonly content: Buffer
}

/** The part of a channel of amqplib that is used here. */
export interface AmqpChannel {
  assertQueue(
    queue: string,
    options: {
      readonly durable?: boolean
      readonly exclusive?: boolean
      readonly autoDelete?: boolean
      readonly arguments?: AmqpTable
    },
  ): Promise<unknown>
  checkQueue(queue: string): Promise<{ readonly messageCount: number; readonly consumerCount: number }>
  bindQueue(queue: string, exchange: string, pattern: string): Promise<unknown>
  unbindQueue(queue: string, exchange: string, pattern: string): Promise<unknown>
  assertExchange(
    exchange: string,
    type: string,
    options: { readonly durable?: boolean; readonly internal?: boolean },
  ): Promise<unknown>
  bindExchange(destination: string, source: string, pattern: string): Promise<unknown>
  prefetch(count: number): Promise<unknown>
  checkQueue(queue: string): Promise<unknown>
  consume(
    queue: string,
    onMessage: (message: AmqpMessage | null) => void,
    options: { readonly exclusive?: boolean; readonly noAck?: boolean; readonly consumerTag?: string },
  ): Promise<{ readonly consumerTag: string }>
  cancel(consumerTag: string): Promise<unknown>
  get(queue: string, options: { readonly noAck?: boolean }): Promise<AmqpMessage | false>
  ack(message: AmqpMessage, allUpTo?: boolean): void
  nack(message: AmqpMessage, allUpTo?: boolean, requeue?: boolean): void
  nackAll(requeue?: boolean): void
  close(): Promise<void>
  // oxlint-disable-next-line typescript/no-explicit-any -- each event has arguments of its own
  on(event: string, listener: (...args: any[]) => void): unknown
}

export interface AmqpConfirmChannel extends AmqpChannel {
  publish(
    exchange: string,
    routingKey: string,
    content: Buffer,
    options: AmqpProperties,
    // oxlint-disable-next-line typescript/no-explicit-any -- amqplib's own type
    callback: (error: any) => void,
  ): boolean
}

/** The socket below a connection. */
export interface AmqpSocket {
  // oxlint-disable-next-line typescript/no-explicit-any -- an encoding and a callback, both optional
  write(...args: any[]): boolean
  cork(): void
  uncork(): void
}

/** The part of a connection of amqplib 1 or 2 that is used here. */
export interface AmqpConnection {
  readonly connection?: { readonly stream?: AmqpSocket }
  createChannel(): Promise<AmqpChannel>
  createConfirmChannel(): Promise<AmqpConfirmChannel>
  close(): Promise<void>
  // oxlint-disable-next-line typescript/no-explicit-any -- each event has arguments of its own
  on(event: string, listener: (...args: any[]) => void): unknown
  // oxlint-disable-next-line typescript/no-explicit-any -- see above
  off(event: string, listener: (...args: any[]) => void): unknown
}
