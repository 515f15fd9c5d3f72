import type { BrokerSupports, Channel, ResultSupports } from '../contract/index.ts'

/**
 * What a test may take away. The transport then behaves like a poorer broker, so that core's emulations and a
 * kit's negative clauses can be tried without one.
 */
export type NarrowedSupports = Partial<Omit<BrokerSupports, 'durability' | 'lease'>> & {
  readonly lease?: Partial<BrokerSupports['lease']> | undefined
}

export type NarrowedResults = Partial<Omit<ResultSupports, 'durability'>>

const FULL: BrokerSupports = {
  durability: 'memory',
  inspect: 'counts',
  peek: true,
  purge: true,
  deadLetters: true,
  ordered: 'queue',
  release: 'free',
  priorityLevels: 101,
  maxDelayMs: Infinity,
  dedupeMs: 0,
  maxMessageBytes: 16 * 1024 * 1024,
  maxBatch: 1000,
  clockMs: 5,
  lease: { renewable: true, fenced: true, shared: true, maxMs: Infinity },
}

export function brokerSupports(narrowed: NarrowedSupports): BrokerSupports {
  return Object.freeze({ ...FULL, ...narrowed, lease: Object.freeze({ ...FULL.lease, ...narrowed.lease }) })
}

export function resultSupports(narrowed: NarrowedResults): ResultSupports {
  return Object.freeze({
    durability: 'memory',
    watch: true,
    maxValueBytes: 16 * 1024 * 1024,
    clockMs: 5,
    ...narrowed,
  })
}

export function channelSupports(narrowed: Partial<Channel['supports']>): Channel['supports'] {
  return Object.freeze({ maxPayloadBytes: 1024 * 1024, ...narrowed })
}
