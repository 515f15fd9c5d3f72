import type { Consumer, Delivery, Message } from '@bananasjs/core/contract'
import { onTestFinished } from 'vitest'
import { sqlite } from '../src/index.ts'
import type { SqliteOptions, SqliteTransport } from '../src/index.ts'

/** A transport that closes with the test. */
export function transportOn(options: string | SqliteOptions): SqliteTransport {
  const transport = sqlite(options)
  onTestFinished(() => closeAll(transport))
  return transport
}

export async function closeAll(
  transport: Pick<SqliteTransport, 'broker' | 'results' | 'channel'>,
): Promise<void> {
  await transport.channel.close()
  await transport.results.close()
  await transport.broker.close()
}

let made = 0

export function message(over: Partial<Message> = {}): Message {
  made += 1
  return {
    id: `message-${made}`,
    headers: { task: 'test' },
    body: new Uint8Array([made % 256]),
    priority: 0,
    delayMs: 0,
    ...over,
  }
}

export function messages(count: number, over: Partial<Message> = {}): Message[] {
  return Array.from({ length: count }, () => message(over))
}

export function ackAll(consumer: Consumer, deliveries: readonly Delivery[]): ReturnType<Consumer['settle']> {
  return consumer.settle(deliveries.map(({ receipt }) => ({ receipt, as: 'ack' })))
}
