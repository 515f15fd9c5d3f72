import { systemRuntime } from '@bananasjs/core/contract'
import type { Channel } from '@bananasjs/core/contract'
import type { Confidence } from './confidence.ts'

export type ChaosEventBody =
  | { readonly type: 'chaos.started'; readonly title: string; readonly environment: string }
  | ({ readonly type: 'chaos.confidence'; readonly title: string; readonly windowMs: number } & Missed &
      Confidence)
  /** Faults were taken away until workers are seen again, or are back. */
  | { readonly type: 'chaos.suspended' | 'chaos.resumed'; readonly title: string; readonly reason: string }
  | { readonly type: 'chaos.game-day'; readonly title: string; readonly phase: 'begun' }
  | {
      readonly type: 'chaos.game-day'
      readonly title: string
      readonly phase: 'skipped'
      readonly reason: string
    }
  | ({ readonly type: 'chaos.game-day'; readonly title: string; readonly phase: 'ended' } & GameDayEnd)
  | { readonly type: 'chaos.stopped'; readonly title: string; readonly reason: string }

interface Missed {
  /** Events that got lost on the way: what is counted is less than what happened. */
  readonly missed: number
}

export interface GameDayEnd {
  /** `inconclusive`: a fault never bit, or no task ended. */
  readonly outcome: 'held' | 'deviated' | 'inconclusive' | 'aborted'
  readonly reason: string
  readonly confidence: Confidence
}

/** Among the events of the application; see `isChaosEvent`. */
export type ChaosEvent = ChaosEventBody & {
  /** Epoch ms. */
  readonly at: number
  readonly source: string
  /** Counts up by one, so that a gap shows a loss. */
  readonly seq: number
}

/** Is this one of ours among what `app.events()` gives? */
export function isChaosEvent(event: { readonly type: string }): event is ChaosEvent {
  return event.type.startsWith('chaos.')
}

export type Tell = (body: ChaosEventBody) => void

/** Sends events beside those of the application, under its topic. Lossy like all of them. */
export function chaosEvents(
  channel: Channel | undefined,
  namespace: string,
  onEvent: ((event: ChaosEvent) => void) | undefined,
): Tell {
  const source = `chaos.${systemRuntime.id()}`
  let seq = 0
  return (body) => {
    seq += 1
    const event: ChaosEvent = { ...body, at: systemRuntime.now(), source, seq }
    onEvent?.(event)
    void channel
      ?.broadcast(`${namespace}.events`, Buffer.from(JSON.stringify([event])))
      .catch(() => undefined)
  }
}
