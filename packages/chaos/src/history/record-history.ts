import type { Plugin } from '@bananasjs/core'
import type { Transport } from '@bananasjs/core/contract'
import type { History } from './history-event.ts'
import { recordBroker } from './record-broker.ts'
import { recordResults } from './record-results.ts'
import { recordRuns } from './record-runs.ts'

export interface Recorder {
  /** Writes down what is sent, leased, settled, stored and read. Goes outside of any faults: what it sees is what core sees. */
  readonly transport: (inner: Transport) => Transport
  /** Writes down every run of a handler. Goes first among the plugins. */
  readonly plugin: Plugin
}

/** Records one application into a history. What it does costs one small write per call, before the call has an effect. */
export function recordHistory(history: History): Recorder {
  return {
    transport: (inner) => ({
      ...inner,
      broker: recordBroker(inner.broker, history),
      ...(inner.results && { results: recordResults(inner.results, history) }),
    }),
    plugin: recordRuns(history),
  }
}
