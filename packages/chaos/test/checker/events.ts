import type { EventKind, HistoryEvent } from '../../src/index.ts'

const DEFAULTS: { readonly [K in EventKind]?: object } = {
  send: { name: 'mail', queue: 'q', priority: 50, hash: 1 },
  lease: { queue: 'q', priority: 50, hash: 1, attempt: 1, deliveries: 1, receipt: 'r1' },
  start: { name: 'mail', attempt: 1, deliveries: 1, crashes: 0 },
  end: { name: 'mail', attempt: 1, outcome: 'done' },
  settle: { receipt: 'r1', as: 'ack' },
  settled: { receipt: 'r1', as: 'ack' },
  extended: { receipt: 'r1' },
  lost: { receipt: 'r1' },
  put: { ttlMs: 86_400_000 },
  counts: { queue: 'q', ready: 0, delayed: 0, leased: 0 },
  listed: { queue: 'q' },
  letter: { queue: 'q', error: true },
}

/** One event of task `t` at process `w`, unless it says otherwise. */
export function ev(at: number, kind: EventKind, more: Readonly<Record<string, unknown>> = {}): HistoryEvent {
  const timed = kind === 'lease' ? { askedAt: at, until: at + 1000 } : kind === 'read' ? { askedAt: at } : {}
  const defaults: object = DEFAULTS[kind] ?? {}
  return { at, by: 'w', task: 't', ...timed, ...defaults, ...more, kind } as unknown as HistoryEvent
}

/** A task from its sending to its end, as it should be. */
export function wholeLife(task = 't', from = 0): readonly HistoryEvent[] {
  const receipt = `r-${task}`
  return [
    ev(from, 'send', { task }),
    ev(from + 1, 'sent', { task }),
    ev(from + 2, 'lease', { task, receipt }),
    ev(from + 3, 'start', { task }),
    ev(from + 4, 'end', { task }),
    ev(from + 5, 'put', { task, state: 'succeeded' }),
    ev(from + 6, 'settle', { task, receipt }),
    ev(from + 7, 'settled', { task, receipt }),
  ]
}
