import type { Broker } from '../contract/broker.ts'
import type { Channel } from '../contract/channel.ts'
import type { ResultBackend } from '../contract/result-backend.ts'
import type { Serializer } from '../contract/serializer.ts'
import type { TransportOrigin } from '../contract/transport.ts'
import { QueueError } from '../errors.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { Plugin } from './plugin.ts'
import { show } from './show.ts'

/** What client and worker share: the opened parts of one application. */
export interface Parts {
  /** Prefix of channel topics and coordination keys, so that applications on one store do not hear each other. */
  readonly namespace: string
  readonly broker: Broker
  readonly results: ResultBackend | undefined
  readonly channel: Channel | undefined
  /** How to make the broker again in another thread. */
  readonly origin: TransportOrigin | undefined
  readonly runtime: Runtime
  /** Writes bodies. */
  readonly serializer: Serializer
  /** Reads bodies, by content type; includes `serializer` and JSON. */
  readonly serializers: ReadonlyMap<string, Serializer>
  readonly plugins: readonly Plugin[]
  /** Lane queues per queue where the broker has one priority level; 1 = none. */
  readonly lanes: number
  readonly secret: string | undefined
  /** Opens every part once; a failed opening is tried again by the next call. Rejects with CLOSED after `close`. */
  ready(): Promise<void>
}

/** @throws QueueError UNSUPPORTED naming what needs a result backend, and the way out */
export function requireResults(parts: Parts, feature: string): ResultBackend {
  if (parts.results !== undefined) return parts.results
  throw new QueueError(
    'UNSUPPORTED',
    `${feature} needs a result backend, and ${parts.broker.name} comes without one. Name one: new Bananas({ transport, results: … }).`,
  )
}

/** @throws QueueError UNSUPPORTED naming what needs a channel, and the way out */
export function requireChannel(parts: Parts, feature: string): Channel {
  if (parts.channel !== undefined) return parts.channel
  throw new QueueError(
    'UNSUPPORTED',
    `${feature} needs a channel, and ${parts.broker.name} comes without one. Name one: new Bananas({ transport, channel: … }).`,
  )
}

/** @throws QueueError UNDECODABLE for a content type nobody was plugged in for */
export function serializerFor(parts: Parts, contentType: string): Serializer {
  const serializer = parts.serializers.get(contentType)
  if (serializer !== undefined) return serializer
  const known = [...parts.serializers.keys()].join(', ')
  throw new QueueError(
    'UNDECODABLE',
    `Content type ${show(contentType)} is not accepted here; ${known} is. Plug its serializer in: new Bananas({ serializers: […] }).`,
  )
}
