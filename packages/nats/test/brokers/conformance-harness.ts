import type { Harness } from '@bananasjs/conformance'
import type { Transport } from '@bananasjs/core/contract'
import { nats } from '../../src/index.ts'
import type { NatsOptions, NatsTransport } from '../../src/index.ts'

export function natsHarness(options: NatsOptions, after?: () => Promise<void>): Harness {
  return {
    create: () => nats(options),
    crash: cutConnection,
    ...(after && { after }),
  }
}

/** The connection ends as when a cable is pulled: no farewell, nothing flushed. */
export function cutConnection(transport: Transport): void {
  const { protocol } = ((transport as NatsTransport).connection() ?? {}) as unknown as {
    protocol?: { transport?: { socket?: { destroy: () => void } } }
  }
  protocol?.transport?.socket?.destroy()
}
