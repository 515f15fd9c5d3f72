import type { Channel } from '../contract/channel.ts'
import type { ResultBackend } from '../contract/result-backend.ts'
import type { Serializer } from '../contract/serializer.ts'
import type { Transport } from '../contract/transport.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { EventMode } from '../task/event-publisher.ts'
import type { Plugin } from '../task/plugin.ts'

export interface BananasOptions {
  readonly transport: Transport
  /** In place of the transport's own. */
  readonly results?: ResultBackend
  /** In place of the transport's own. */
  readonly channel?: Channel
  /** Writes payloads and results. Default JSON. */
  readonly serializer?: Serializer
  /** Accepted when reading, beside `serializer` and JSON. */
  readonly serializers?: readonly Serializer[]
  /** The first is the outermost layer. */
  readonly plugins?: readonly Plugin[]
  /** Keeps applications on one store apart in control, events and uniqueness. Default `'bananas'`. */
  readonly namespace?: string
  /** Lane queues per queue on brokers with one priority level; 1 switches lanes off. Default 3. */
  readonly lanes?: 1 | 3
  /** Signs control commands; workers with a secret refuse unsigned ones. */
  readonly secret?: string
  /** Events of this client (`task.sent`). Default `'off'`. */
  readonly events?: EventMode
  /** Time, timers, randomness and ids. Default: those of this process. */
  readonly runtime?: Runtime
}
