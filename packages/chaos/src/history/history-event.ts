import type { ResultState, Settlement } from '@bananasjs/core/contract'

/** What is known of when and where something happened. */
export interface Seen {
  /** Milliseconds on a clock that all who write share: monotonic time of one machine, virtual time of a simulation. */
  readonly at: number
  /** Who saw it: one life of one process. A process that is started again has another name. */
  readonly by: string
}

export type HistoryEvent = EventBody & Seen
export type EventBody = TaskEventBody | RunEventBody
export type EventKind = EventBody['kind']
export type EventOf<K extends EventKind> = Extract<EventBody, { readonly kind: K }> & Seen

/** What happened to one task. Words in the past tense were confirmed; the others were only begun. */
export type TaskEventBody =
  | SendBody
  /** The broker said yes. */
  | { readonly kind: 'sent'; readonly task: string; readonly unique?: string }
  /** The broker said no. */
  | { readonly kind: 'refused'; readonly task: string; readonly code: string }
  /** Nobody knows whether it was stored. */
  | { readonly kind: 'unsure'; readonly task: string }
  /** Seen beside the store itself: one more copy of the message lies there. */
  | { readonly kind: 'stored'; readonly task: string }
  | LeaseBody
  | { readonly kind: 'extended'; readonly task: string; readonly receipt: string; readonly until: number }
  /** Told that the lease is not its own any more. */
  | { readonly kind: 'lost'; readonly task: string; readonly receipt: string }
  | SettleBody<'settle'>
  | SettleBody<'settled'>
  /** The call failed; nobody knows whether it had an effect. */
  | SettleBody<'unsettled'>
  | StartBody
  | EndBody
  /** A result was stored, or dropped behind a final one. */
  | { readonly kind: 'put'; readonly task: string; readonly state: ResultState; readonly ttlMs: number }
  /** A result was read. */
  | {
      readonly kind: 'read'
      readonly task: string
      readonly state: ResultState | 'unknown'
      readonly askedAt: number
    }
  | { readonly kind: 'revoked'; readonly task: string }
  /** Found among the dead letters of its queue. */
  | { readonly kind: 'letter'; readonly task: string; readonly queue: string; readonly error: boolean }
  | GatheredBody

export interface SendBody {
  readonly kind: 'send'
  readonly task: string
  /** The task's name. */
  readonly name: string
  readonly queue: string
  readonly priority: number
  readonly hash: number
  readonly delayMs?: number
  readonly expiresInMs?: number
  readonly retryLimit?: number
  readonly group?: string
  readonly unique?: string
  readonly uniqueUntil?: string
  /** The schedule that sent it, and for which moment. */
  readonly schedule?: string
  readonly tick?: string
}

export interface LeaseBody {
  readonly kind: 'lease'
  readonly task: string
  readonly receipt: string
  readonly queue: string
  readonly priority: number
  readonly hash: number
  readonly attempt: number
  readonly deliveries: number
  /** When the lease may end at the earliest. */
  readonly until: number
  /** When the hand-over was asked for. */
  readonly askedAt: number
  readonly group?: string
  readonly unique?: string
}

export interface SettleBody<K> {
  readonly kind: K
  readonly task: string
  readonly receipt: string
  readonly as: Settlement['as']
  readonly delayMs?: number
}

export interface StartBody {
  readonly kind: 'start'
  readonly task: string
  readonly name: string
  readonly attempt: number
  readonly deliveries: number
  /** Hand-overs before this one that ended without a word. */
  readonly crashes: number
  readonly unique?: string
}

export interface EndBody {
  readonly kind: 'end'
  readonly task: string
  readonly name: string
  readonly attempt: number
  /** `aborted`: given back, lost or revoked: what it returned is nobody's. */
  readonly outcome: 'done' | 'failed' | 'aborted'
  readonly unique?: string
}

/** What a step of a workflow was given: the steps whose results it saw, in the order it saw them. */
export interface GatheredBody {
  readonly kind: 'gathered'
  readonly task: string
  readonly flow: string
  readonly from: readonly string[]
}

/** What happened to the run as a whole. */
export type RunEventBody =
  | { readonly kind: 'up' }
  /** Asked to stop: from now on it takes nothing more. */
  | { readonly kind: 'stopping' }
  | { readonly kind: 'down' }
  /** Written by whoever killed it: the victim cannot. */
  | { readonly kind: 'killed'; readonly victim: string }
  /** Something is being broken from now on. */
  | { readonly kind: 'fault'; readonly name: string; readonly of: FaultTarget }
  /** It is whole again. Without a name: everything is. */
  | { readonly kind: 'healed'; readonly name?: string }
  | { readonly kind: 'redrive'; readonly queue: string; readonly tasks?: readonly string[] }
  /** All dead letters of the queue have been read. */
  | { readonly kind: 'listed'; readonly queue: string }
  /** What the broker says it still holds, after the drain. */
  | {
      readonly kind: 'counts'
      readonly queue: string
      readonly ready: number
      readonly delayed: number
      readonly leased: number
    }
  /** A step of a workflow, and the steps whose ends it waits for, in the order in which it gets their results. */
  | { readonly kind: 'plan'; readonly flow: string; readonly task: string; readonly after: readonly string[] }
  /** A schedule should have sent a task for this moment. */
  | { readonly kind: 'due'; readonly schedule: string; readonly tick: string }
  /** A live event came. */
  | { readonly kind: 'heard'; readonly source: string; readonly seq: number }
  /** The listener was told that so many live events of a source are missing. */
  | { readonly kind: 'gap'; readonly source: string; readonly missing: number }
  /** A measure that must not grow without end. */
  | { readonly kind: 'gauge'; readonly name: string; readonly value: number }

/** What a fault takes away, and so which promises it excuses. */
export type FaultTarget = 'broker' | 'results' | 'process' | 'clock' | 'message'

/** Takes what happened. It must be safe from a SIGKILL when the call returns. */
export interface History {
  /** Milliseconds on the clock of `Seen.at`. */
  now(): number
  write(...events: readonly EventBody[]): void
}
