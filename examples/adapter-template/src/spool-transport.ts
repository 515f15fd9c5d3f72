import type { Broker, Transport } from '@bananasjs/core/contract'
import { SpoolBroker } from './spool-broker.ts'
import { SpoolClient } from './spool-client.ts'
import { settingsFrom } from './spool-options.ts'
import type { SpoolOptions } from './spool-options.ts'

export interface SpoolTransport extends Transport {
  readonly broker: Broker
}

/**
 * A broker on a folder. It keeps no results and tells no events: take both from another transport, as in
 * `new Bananas({ transport: spool('./queues'), results: sqlite('./results.db').results })`.
 * @throws QueueError INVALID for an option that makes no sense
 */
export function spool(options: SpoolOptions | string): SpoolTransport {
  const given = typeof options === 'string' ? { folder: options } : options
  const client = new SpoolClient(settingsFrom(given))
  // So that core can keep leases alive from another thread: this module exports the factory.
  const origin = { module: import.meta.url, factory: 'spool', args: [given] }
  return { broker: new SpoolBroker(client), origin }
}
