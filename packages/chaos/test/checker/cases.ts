import type { HistoryEvent, Promised } from '../../src/index.ts'
import { ev, wholeLife } from './events.ts'

/** A history that breaks one promise, or keeps it. */
export interface Case {
  readonly id: string
  readonly name: string
  readonly events: readonly HistoryEvent[]
  readonly promised?: Promised
}

const emptied = ev(900, 'counts')
const read = (at: number, state: 'running' | 'succeeded' | 'failed' | 'unknown'): HistoryEvent =>
  ev(at, 'read', { state })
const retry = (at: number, receipt: string, delayMs: number): readonly HistoryEvent[] => [
  ev(at, 'settle', { receipt, as: 'retry', delayMs }),
  ev(at + 1, 'settled', { receipt, as: 'retry', delayMs }),
]
const limit = { limits: [{ name: 'mails', tasks: ['mail'], concurrency: 2 }] }
const rate = { limits: [{ name: 'mails', tasks: ['mail'], rate: { count: 2, perMs: 1000 } }] }
const seconds = (from: number, to: number, perSecond: number): readonly HistoryEvent[] =>
  Array.from({ length: (to - from) * perSecond }, (_, index) => {
    const at = from * 1000 + (index * 1000) / perSecond + 1
    return [ev(at, 'sent', { task: `${at}` }), ev(at, 'end', { task: `${at}` })]
  }).flat()
const unique = { unique: 'k', uniqueUntil: 'finished' }

export const BROKEN: readonly Case[] = [
  {
    id: 'I1',
    name: 'an accepted task is never heard of again',
    events: [...wholeLife().slice(0, 4), emptied],
  },
  {
    id: 'I2',
    name: 'a task runs that nobody sent',
    events: [ev(0, 'send', { task: 'other' }), ev(1, 'start')],
  },
  { id: 'I2', name: 'a body is altered on its way', events: [ev(0, 'send'), ev(1, 'lease', { hash: 2 })] },
  {
    id: 'I3',
    name: 'a task is acknowledged, and dead-lettered',
    events: [...wholeLife(), ev(20, 'settled', { receipt: 'r2', as: 'deadLetter' })],
  },
  {
    id: 'I4',
    name: 'a message is handed over while another holds it',
    events: [ev(0, 'lease'), ev(500, 'lease', { receipt: 'r2', by: 'x', deliveries: 2 })],
  },
  {
    id: 'I4',
    name: 'a lease that is a connection ends while nothing is wrong with it',
    promised: { leases: 'connection' },
    events: [
      ev(0, 'lease'),
      ev(100, 'fault', { name: 'slow', of: 'results' }),
      ev(200, 'lease', { receipt: 'r2', by: 'x', deliveries: 2 }),
    ],
  },
  {
    id: 'I4',
    name: 'a lease ends although it was prolonged',
    events: [
      ev(0, 'lease'),
      ev(600, 'extended', { until: 1600 }),
      ev(1100, 'lease', { receipt: 'r2', by: 'x', deliveries: 2 }),
    ],
  },
  {
    id: 'I4',
    name: 'a late settlement is accepted',
    events: [
      ev(0, 'lease'),
      ev(1000, 'lease', { receipt: 'r2', by: 'x', deliveries: 2 }),
      ev(1001, 'settle'),
      ev(1002, 'settled'),
    ],
  },
  { id: 'I5', name: 'a final result becomes another', events: [read(0, 'succeeded'), read(1, 'failed')] },
  {
    id: 'I5',
    name: 'a stored result is not there',
    events: [ev(0, 'put', { state: 'failed' }), read(1, 'running')],
  },
  {
    id: 'I6',
    name: 'a message comes again after its end was confirmed',
    events: [...wholeLife(), ev(2000, 'lease', { receipt: 'r2', deliveries: 2 })],
  },
  { id: 'I6', name: 'one hand-over leads to two runs', events: [...wholeLife().slice(0, 4), ev(4, 'start')] },
  {
    id: 'I7',
    name: 'a task is tried more often than it may',
    events: [
      ev(0, 'send', { retryLimit: 1 }),
      ev(1, 'start'),
      ev(2, 'end', { outcome: 'failed' }),
      ev(3, 'start', { attempt: 2 }),
      ev(4, 'end', { attempt: 2, outcome: 'failed' }),
      ev(5, 'start', { attempt: 3 }),
    ],
  },
  {
    id: 'I7',
    name: 'an attempt is used up by no failure',
    events: [ev(0, 'send'), ev(1, 'start', { attempt: 2 })],
  },
  {
    id: 'I8',
    name: 'a dead letter is not to be found',
    events: [
      ev(0, 'lease'),
      ev(1, 'settle', { as: 'deadLetter' }),
      ev(2, 'settled', { as: 'deadLetter' }),
      ev(9, 'listed'),
    ],
  },
  {
    id: 'I8',
    name: 'a dead letter has lost its error',
    events: [ev(0, 'letter', { error: false }), ev(9, 'listed')],
  },
  {
    id: 'I9',
    name: 'a delayed task starts early',
    events: [ev(0, 'send', { delayMs: 500 }), ev(400, 'start')],
  },
  {
    id: 'I9',
    name: 'a retry starts before its wait is over',
    events: [ev(0, 'send'), ev(1, 'start'), ...retry(10, 'r1', 500), ev(100, 'start', { attempt: 2 })],
  },
  {
    id: 'I10',
    name: 'a later task is handed over first',
    promised: { ordered: 'queue' },
    events: [
      ev(0, 'send', { task: 'a' }),
      ev(1, 'sent', { task: 'a' }),
      ev(2, 'send', { task: 'b' }),
      ev(3, 'sent', { task: 'b' }),
      ev(4, 'lease', { task: 'b' }),
      ev(5, 'lease', { task: 'a' }),
    ],
  },
  {
    id: 'I11',
    name: 'a step runs before the one it waits for has ended',
    events: [ev(0, 'plan', { flow: 'f', task: 'sum', after: ['a'] }), ev(1, 'start', { task: 'sum' })],
  },
  {
    id: 'I11',
    name: 'a step is done twice',
    events: [
      ev(0, 'plan', { flow: 'f', task: 'sum', after: [] }),
      ev(2, 'end', { task: 'sum' }),
      ev(4, 'end', { task: 'sum' }),
    ],
  },
  {
    id: 'I11',
    name: 'a step is given results in another order',
    events: [
      ev(0, 'plan', { flow: 'f', task: 'sum', after: ['a', 'b'] }),
      ev(1, 'gathered', { flow: 'f', task: 'sum', from: ['b', 'a'] }),
    ],
  },
  {
    id: 'I11',
    name: 'a step never runs',
    events: [ev(0, 'plan', { flow: 'f', task: 'sum', after: ['a'] }), ev(1, 'end', { task: 'a' }), emptied],
  },
  {
    id: 'I12',
    name: 'two tasks hold one key',
    events: ['a', 'b'].flatMap((task, index) => [
      ev(index * 10, 'send', { task, ...unique }),
      ev(index * 10 + 1, 'sent', { task, unique: 'k' }),
    ]),
  },
  {
    id: 'I13',
    name: 'three run at once, two may',
    promised: limit,
    events: ['a', 'b', 'c'].map((task, at) => ev(at, 'start', { task })),
  },
  {
    id: 'I13',
    name: 'three start in one second, two may',
    promised: rate,
    events: ['a', 'b', 'c'].flatMap((task, index) => [
      ev(index * 100, 'start', { task }),
      ev(index * 100 + 1, 'end', { task }),
    ]),
  },
  {
    id: 'I14',
    name: 'one moment sends two tasks',
    events: ['a', 'b'].map((task, at) => ev(at, 'send', { task, schedule: 'nightly', tick: '03:00' })),
  },
  {
    id: 'I14',
    name: 'one moment sends none',
    events: [ev(0, 'due', { schedule: 'nightly', tick: '03:00' })],
  },
  {
    id: 'I15',
    name: 'a process starts tasks after it was told to stop',
    events: [ev(0, 'stopping'), ev(5000, 'start')],
  },
  {
    id: 'I15',
    name: 'a process ends with a task in its hands',
    events: [ev(0, 'lease'), ev(1, 'stopping'), ev(9, 'down')],
  },
  {
    id: 'I15',
    name: 'a process takes too long to stop',
    promised: { stopMs: 1000 },
    events: [ev(0, 'stopping'), ev(2000, 'down')],
  },
  { id: 'I16', name: 'poison is tried for ever', events: [ev(0, 'start', { crashes: 5 })] },
  {
    id: 'I17',
    name: 'throughput does not come back',
    promised: { recoverMs: 5000 },
    events: [
      ...seconds(0, 10, 20),
      ev(10_000, 'fault', { name: 'cut', of: 'broker' }),
      ev(12_000, 'healed'),
      ...seconds(12, 20, 20).filter(({ kind }, index) => kind === 'sent' || index % 8 === 1),
    ],
  },
  {
    id: 'I18',
    name: 'memory grows all the time',
    events: Array.from({ length: 100 }, (_, index) =>
      ev(index * 100, 'gauge', { name: 'rss', value: 100 + index }),
    ),
  },
  {
    id: 'I19',
    name: 'an expired task starts',
    events: [ev(0, 'send', { expiresInMs: 500 }), ev(5000, 'start')],
  },
  { id: 'I19', name: 'a revoked task starts', events: [ev(0, 'revoked'), ev(5000, 'start')] },
  {
    id: 'I20',
    name: 'a gap is not told of',
    events: [
      ev(0, 'heard', { source: 'w', seq: 1 }),
      ev(1, 'heard', { source: 'w', seq: 5 }),
      ev(2, 'gap', { source: 'w', missing: 1 }),
      ev(3, 'heard', { source: 'w', seq: 7 }),
    ],
  },
  {
    id: 'I20',
    name: 'an event comes twice',
    events: [ev(0, 'heard', { source: 'w', seq: 2 }), ev(1, 'heard', { source: 'w', seq: 2 })],
  },
]

/** Near to a breach, and none. */
export const KEPT: readonly Case[] = [
  {
    id: 'I6',
    name: 'a process that stood still tells late what it was handed before the task ended elsewhere',
    events: [
      ev(0, 'send'),
      ev(1200, 'lease', { receipt: 'r2', by: 'x', deliveries: 2 }),
      ev(1210, 'settled', { receipt: 'r2', by: 'x' }),
      ev(3000, 'lease', { askedAt: 1, until: 1001 }),
    ],
  },
  {
    id: 'I4',
    name: 'a process that stood still tells late what it was handed before somebody else held it',
    events: [
      ev(0, 'send'),
      ev(1200, 'lease', { receipt: 'r2', by: 'x', deliveries: 2 }),
      ev(1210, 'lease', { askedAt: 1, until: 1001 }),
    ],
  },
  ...['I1', 'I2', 'I3', 'I4', 'I6', 'I7', 'I9', 'I16', 'I19'].map((id) => ({
    id,
    name: 'a task is sent, runs and ends',
    events: [...wholeLife(), emptied],
  })),
  {
    id: 'I1',
    name: 'a task that nobody knows to be stored is not there',
    events: [...wholeLife('other'), ev(0, 'send'), ev(1, 'unsure'), emptied],
  },
  { id: 'I1', name: 'a task ended as a dead letter', events: [ev(0, 'sent'), ev(5, 'letter'), emptied] },
  {
    id: 'I4',
    name: 'a message is handed over again when its lease is over',
    events: [
      ev(0, 'lease'),
      ev(1000, 'lease', { receipt: 'r2', by: 'x', deliveries: 2 }),
      ev(1001, 'settle'),
      ev(1002, 'lost'),
    ],
  },
  {
    id: 'I4',
    name: 'a lease that is a connection ends when the way to the broker is cut',
    promised: { leases: 'connection' },
    events: [
      ev(0, 'lease'),
      ev(100, 'fault', { name: 'cut', of: 'broker' }),
      ev(200, 'lease', { receipt: 'r2', by: 'x', deliveries: 2 }),
    ],
  },
  {
    id: 'I4',
    name: 'a message is handed over again when it was given back',
    events: [ev(0, 'lease'), ev(1, 'settle', { as: 'release' }), ev(2, 'lease', { receipt: 'r2', by: 'x' })],
  },
  {
    id: 'I4',
    name: 'two copies are held at once',
    events: [ev(0, 'stored'), ev(1, 'stored'), ev(2, 'lease'), ev(3, 'lease', { receipt: 'r2' })],
  },
  {
    id: 'I5',
    name: 'a result becomes final',
    events: [read(0, 'running'), read(1, 'succeeded'), read(2, 'succeeded')],
  },
  {
    id: 'I5',
    name: 'a result is forgotten when its time is over',
    events: [ev(0, 'put', { state: 'succeeded', ttlMs: 100 }), read(200, 'unknown')],
  },
  {
    id: 'I7',
    name: 'a task fails and is tried again',
    events: [ev(0, 'start'), ev(1, 'end', { outcome: 'failed' }), ev(2, 'start', { attempt: 2 })],
  },
  {
    id: 'I8',
    name: 'a dead letter is found',
    events: [ev(0, 'lease'), ev(2, 'settled', { as: 'deadLetter' }), ev(3, 'letter'), ev(9, 'listed')],
  },
  {
    id: 'I10',
    name: 'tasks are handed over in their order',
    promised: { ordered: 'queue' },
    events: ['a', 'b'].flatMap((task, index) => wholeLife(task, index * 100)),
  },
  {
    id: 'I11',
    name: 'a step runs after the one it waits for',
    events: [
      ev(0, 'plan', { flow: 'f', task: 'sum', after: ['a'] }),
      ev(1, 'end', { task: 'a' }),
      ev(2, 'start', { task: 'sum' }),
      ev(3, 'gathered', { flow: 'f', task: 'sum', from: ['a'] }),
      ev(4, 'end', { task: 'sum' }),
      emptied,
    ],
  },
  {
    id: 'I12',
    name: 'a key passes from one that has ended to another',
    events: [
      ev(0, 'send', { task: 'a', ...unique }),
      ev(1, 'sent', { task: 'a', unique: 'k' }),
      ev(2, 'start', { task: 'a', unique: 'k' }),
      ev(3, 'end', { task: 'a', unique: 'k' }),
      ev(4, 'send', { task: 'b', ...unique }),
      ev(5, 'sent', { task: 'b', unique: 'k' }),
    ],
  },
  {
    id: 'I13',
    name: 'one dies, and another takes its slot',
    promised: limit,
    events: [
      ev(0, 'start', { task: 'a' }),
      ev(1, 'start', { task: 'b', by: 'x' }),
      ev(2, 'killed', { victim: 'x' }),
      ev(3, 'start', { task: 'c' }),
    ],
  },
  {
    id: 'I13',
    name: 'two start in each second',
    promised: rate,
    events: [0, 100, 1000, 1100, 2000].map((at) => ev(at, 'start', { task: `${at}` })),
  },
  {
    id: 'I14',
    name: 'one task is sent for a moment, twice under one id',
    events: [
      ev(0, 'due', { schedule: 's', tick: '1' }),
      ev(1, 'send', { schedule: 's', tick: '1' }),
      ev(2, 'send', { schedule: 's', tick: '1' }),
    ],
  },
  {
    id: 'I15',
    name: 'a process gives back what it holds',
    promised: { stopMs: 1000 },
    events: [ev(0, 'lease'), ev(1, 'stopping'), ev(2, 'settle', { as: 'release' }), ev(9, 'down')],
  },
  {
    id: 'I17',
    name: 'throughput comes back',
    promised: { recoverMs: 5000 },
    events: [
      ...seconds(0, 10, 20),
      ev(10_000, 'fault', { name: 'cut', of: 'broker' }),
      ev(12_000, 'healed'),
      ...seconds(14, 20, 20),
    ],
  },
  {
    id: 'I18',
    name: 'memory goes up and down',
    events: Array.from({ length: 100 }, (_, index) =>
      ev(index * 100, 'gauge', { name: 'rss', value: 100 + ((index * 37) % 11) }),
    ),
  },
  {
    id: 'I20',
    name: 'a gap is told of',
    events: [
      ev(0, 'heard', { source: 'w', seq: 1 }),
      ev(1, 'gap', { source: 'w', missing: 3 }),
      ev(2, 'heard', { source: 'w', seq: 5 }),
    ],
  },
]
