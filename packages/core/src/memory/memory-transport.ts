import { QueueError } from '../contract/index.ts'
import type { Channel, ResultBackend, Runtime, Transport } from '../contract/index.ts'
import { MemoryBroker } from './memory-broker.ts'
import { MemoryChannel } from './memory-channel.ts'
import { MemoryResultBackend } from './memory-result-backend.ts'
import { memoryStore } from './memory-store.ts'
import type { MemoryStore } from './memory-store.ts'
import { brokerSupports, channelSupports, resultSupports } from './memory-supports.ts'
import type { NarrowedResults, NarrowedSupports } from './memory-supports.ts'
import { MemoryTerms } from './memory-terms.ts'

export interface MemoryOptions {
  /** Where time and timers come from; belongs to the store, so not beside one. */
  readonly runtime?: Runtime | undefined
  /** Shared with other transports. By default each has a store of its own. */
  readonly store?: MemoryStore | undefined
  /** Poorer than it could be, for tests. It then really behaves so; a `clockMs` coarsens delays and leases. */
  readonly supports?: NarrowedSupports | undefined
  /** The same for results; `false` = none. */
  readonly results?: NarrowedResults | false | undefined
  /** The same for the channel; `false` = none. */
  readonly channel?: Partial<Channel['supports']> | false | undefined
}

export interface MemoryTransport extends Transport {
  readonly results?: ResultBackend
  readonly channel?: Channel
  /** Breaks the connection as a network would, for tests: waits end with CONNECTION_LOST, the next call works again. */
  cut(): void
}

/** A transport that lives in this process and needs nothing: for tests, development and work that may be lost. */
export function memory(options: MemoryOptions = {}): MemoryTransport {
  const store = storeOf(options)
  const narrowed = options.supports ?? {}
  const terms = new MemoryTerms(brokerSupports(narrowed), store.runtime, narrowed.clockMs ?? 0)
  const broker = new MemoryBroker(store, terms)
  const { results = {}, channel = {} } = options
  return {
    broker,
    ...(results && { results: new MemoryResultBackend(store, resultSupports(results)) }),
    ...(channel && { channel: new MemoryChannel(store, channelSupports(channel)) }),
    cut: () => broker.cut(),
  }
}

function storeOf({ store, runtime }: MemoryOptions): MemoryStore {
  if (store === undefined) return memoryStore({ runtime })
  if (runtime === undefined) return store
  throw new QueueError(
    'INVALID',
    'memory: the runtime belongs to the store. Give it to memoryStore({ runtime }).',
  )
}
