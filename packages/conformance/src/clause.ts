import type { BrokerSupports, Channel, ResultSupports, Serializer } from '@bananasjs/core/contract'
import type { Workbench } from './workbench.ts'

export type Part = 'broker' | 'results' | 'channel' | 'serializer'

export interface Alternative<Bench> {
  readonly sentence: string
  readonly run: (bench: Bench) => Promise<void>
}

/** One duty of the contract: contract text, test and documentation row at once. */
export interface Clause<Bench = Workbench> {
  /** Stable: reports and mutants name it. */
  readonly id: string
  readonly part: Part
  /** What holds, in the present tense. */
  readonly sentence: string
  /** Only part of a run whose harness can cut connections. */
  readonly crash: boolean
  /** Does the declaration promise this? */
  readonly applies: (bench: Bench) => boolean
  readonly run: (bench: Bench) => Promise<void>
  /** What must hold instead where it does not; an id names another clause. */
  readonly otherwise?: Alternative<Bench> | string | undefined
}

interface Always {
  readonly when?: undefined
  readonly otherwise?: undefined
}

interface Conditional<Supports> {
  /** True where the declared capabilities promise the sentence. */
  readonly when: (supports: Supports) => boolean
  readonly otherwise: Alternative<Workbench> | string
}

export type ClauseSpec<Supports> = {
  readonly run: (bench: Workbench) => Promise<void>
  readonly crash?: boolean
} & (Always | Conditional<Supports>)

export function brokerClause(id: string, sentence: string, spec: ClauseSpec<BrokerSupports>): Clause {
  const { when, otherwise, run, crash = false } = spec
  return {
    id,
    part: 'broker',
    sentence,
    crash,
    run,
    otherwise,
    applies: (bench) => when === undefined || when(bench.supports),
  }
}

/** Where the transport has no results at all, that absence is what must hold. */
export function resultClause(id: string, sentence: string, spec: ClauseSpec<ResultSupports>): Clause {
  const { when, otherwise, run, crash = false } = spec
  return {
    id,
    part: 'results',
    sentence,
    crash,
    applies: ({ transport: { results } }) =>
      results !== undefined && (when === undefined || when(results.supports)),
    run,
    otherwise: presentOr('results', otherwise),
  }
}

export function channelClause(id: string, sentence: string, spec: ClauseSpec<Channel['supports']>): Clause {
  const { when, otherwise, run, crash = false } = spec
  return {
    id,
    part: 'channel',
    sentence,
    crash,
    applies: ({ transport: { channel } }) =>
      channel !== undefined && (when === undefined || when(channel.supports)),
    run,
    otherwise: presentOr('channel', otherwise),
  }
}

export function serializerClause(
  id: string,
  sentence: string,
  run: (serializer: Serializer) => void,
): Clause<Serializer> {
  return {
    id,
    part: 'serializer',
    sentence,
    crash: false,
    applies: () => true,
    run: async (serializer) => run(serializer),
  }
}

function presentOr(
  part: 'results' | 'channel',
  otherwise: Alternative<Workbench> | string | undefined,
): Alternative<Workbench> | string {
  const absent: Alternative<Workbench> = {
    sentence: `the transport has no ${part}, on any client`,
    async run(bench) {
      const another = await bench.connect()
      if (another[part] !== undefined)
        throw new Error(`one client of the same store has ${part}, another has none`)
    },
  }
  if (otherwise === undefined) return absent
  if (typeof otherwise === 'string')
    throw new TypeError(`A clause on ${part} needs its alternative in place, not "${otherwise}".`)
  return {
    sentence: otherwise.sentence,
    run: (bench) => (bench.transport[part] === undefined ? absent.run(bench) : otherwise.run(bench)),
  }
}
