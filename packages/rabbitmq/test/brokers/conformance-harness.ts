import type { Harness } from '@bananasjs/conformance'
import type { Transport } from '@bananasjs/core/contract'
import { rabbitmq } from '../../src/index.ts'
import type { RabbitmqOptions, RabbitmqTransport } from '../../src/index.ts'

export function rabbitmqHarness(options: RabbitmqOptions, after?: () => Promise<void>): Harness {
  return {
    create: () => rabbitmq(options),
    crash: cutConnections,
    ...(after && { after }),
  }
}

/** Both connections end as when a cable is pulled: no farewell, nothing flushed. */
export function cutConnections(transport: Transport): void {
  for (const connection of (transport as RabbitmqTransport).connections()) {
    const { connection: inner } = connection as unknown as {
      connection: { stream: { destroy: (error: Error) => void } }
    }
    inner.stream.destroy(new Error('ECONNRESET: the cable was pulled'))
  }
}
