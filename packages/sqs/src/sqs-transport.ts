import type { Abortable, Broker, Diagnosis, Transport, TransportOrigin } from '@bananasjs/core/contract'
import { SqsBroker } from './sqs-broker.ts'
import { SqsClient } from './sqs-client.ts'
import { diagnose } from './sqs-diagnosis.ts'
import type { SqsDriver } from './sqs-driver.ts'
import { settingsFrom } from './sqs-options.ts'
import type { SqsClientOptions, SqsCommonOptions, SqsOptions } from './sqs-options.ts'

export interface SqsTransport<D extends SqsDriver = SqsDriver> extends Transport {
  readonly broker: Broker
  /** The raw client of the AWS SDK. Queues that begin with the prefix are this package's own. */
  readonly client: D
  diagnose(options?: Abortable): Promise<readonly Diagnosis[]>
}

/**
 * A broker on Amazon SQS. SQS keeps no results and tells no events: take both from another store, as in
 * `new Bananas({ transport: sqs(), results: redis().results, channel: redis().channel })`. Nothing is called before the
 * first use.
 * @param options the url, or the options; by default region and credentials are those the AWS SDK finds
 * @throws QueueError INVALID for an option that makes no sense
 */
export function sqs(options?: SqsOptions): SqsTransport
export function sqs(url: string, options?: Omit<SqsOptions, 'url'>): SqsTransport
export function sqs<D extends SqsDriver>(options: SqsClientOptions<D>): SqsTransport<D>
export function sqs(
  first: string | SqsOptions | SqsClientOptions<SqsDriver> = {},
  second: SqsCommonOptions = {},
): SqsTransport {
  const options = typeof first === 'string' ? { ...second, url: first } : first
  const settings = settingsFrom(options)
  const client = new SqsClient(settings)
  const origin = originOf(options)
  return {
    broker: new SqsBroker(client),
    ...(origin === undefined ? undefined : { origin }),
    client: client.driver,
    async diagnose({ signal } = {}) {
      const own = new SqsClient(settings) // also after the broker was closed
      try {
        return await diagnose(own, signal)
      } finally {
        own.close()
      }
    },
  }
}

/** This module exports the factory, as source and as bundle alike, so its own address is the one to import. */
function originOf(options: SqsOptions | SqsClientOptions<SqsDriver>): TransportOrigin | undefined {
  if ('client' in options) return undefined
  // A handler of requests or a provider of credentials cannot travel to another thread.
  if (options.driver !== undefined) return undefined
  const { blobs: _, ...rest } = options // the other thread extends leases and reads no bodies
  return { module: import.meta.url, factory: 'sqs', args: [rest] }
}
