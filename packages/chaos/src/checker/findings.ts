import type { HistoryEvent } from '../history/history-event.ts'

/** What became of one promise. */
export interface Finding {
  readonly id: string
  readonly title: string
  readonly outcome: 'kept' | 'violated' | 'not decidable'
  /** One sentence: what was judged, or what is missing. */
  readonly why: string
  /** Keys (tasks, mostly) that were judged. */
  readonly judged: number
  readonly violations: number
  /** The first few of them. */
  readonly breaches: readonly Breach[]
}

export interface Breach {
  /** The task, key, flow … that it happened to. */
  readonly key: string
  readonly text: string
  /** The shortest history that shows it: by itself it is a violation too. */
  readonly evidence: readonly HistoryEvent[]
}

export interface Judgement {
  /** `violated`: a promise was broken. `inconclusive`: none was, and not all could be judged that had something to judge. */
  readonly verdict: 'kept' | 'violated' | 'inconclusive'
  readonly events: number
  readonly findings: readonly Finding[]
  /** Records that were cut short or are none; each takes certainty away. */
  readonly torn: number
  readonly damaged: readonly string[]
}
