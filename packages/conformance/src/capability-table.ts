import type { BrokerSupports, Channel, ResultSupports } from '@bananasjs/core/contract'
import { totals } from './report.ts'
import type { Report } from './report.ts'

type Cell = string | { readonly text: string; readonly note: string }

interface Row<Supports> {
  readonly title: string
  readonly cell: (supports: Supports) => Cell
}

const NOTES = {
  lanes:
    'Core keeps three lane queues per queue: one more poll for each, and an order by weight instead of 101 exact levels.',
  hops: 'A longer delay goes in hops: one more publish and hand-over for each, the remaining time travelling with the message.',
  noDelay: 'A delayed task is refused with UNSUPPORTED.',
  unique: '`unique` takes a key on the result backend: two compare-and-sets per task.',
  counted: 'Work that is given back unstarted counts towards `maxCrashes`.',
  unfenced: 'A worker that lost its lease may still settle it: tasks may run twice without either noticing.',
  connection: 'The lease is the connection: it cannot be prolonged, and ends with it.',
  polling: 'Waiting for a result asks again after 10 ms, then ever later, at most once a second.',
  noResults: 'Results, `unique` and workflows need the result backend of another transport.',
  noChannel: 'Events and control commands need the channel of another transport.',
  ready: 'Neither what is delayed nor what is held is counted, and queues are not listed.',
  absent: 'The command and the API that need it are refused with UNSUPPORTED.',
} as const

const SURVIVES = {
  memory: 'nothing',
  process: 'a crash',
  disk: 'a power cut',
  quorum: 'the loss of a machine',
} as const

const BROKER: readonly Row<BrokerSupports>[] = [
  { title: 'An accepted task survives', cell: ({ durability }) => SURVIVES[durability] },
  {
    title: 'Order within a priority',
    cell: ({ ordered }) => ({ none: 'none', group: 'within a group', queue: 'first in, first out' })[ordered],
  },
  {
    title: 'Priorities',
    cell: ({ priorityLevels: levels }) => (levels === 1 ? noted('3 lanes', 'lanes') : `${levels} levels`),
  },
  { title: 'Delay', cell: ({ maxDelayMs }) => delay(maxDelayMs) },
  {
    title: 'Drops a second publish of an id',
    cell: ({ dedupeMs }) => (dedupeMs === 0 ? noted('no', 'unique') : `for ${duration(dedupeMs)}`),
  },
  {
    title: 'Giving back unstarted work',
    cell: ({ release }) => (release === 'free' ? 'free' : noted('counts as a delivery', 'counted')),
  },
  {
    title: 'Lease can be prolonged',
    cell: ({ lease }) => (lease.renewable ? upTo(lease.maxMs) : noted('no', 'connection')),
  },
  { title: 'Late settle is refused', cell: ({ lease }) => (lease.fenced ? 'yes' : noted('no', 'unfenced')) },
  { title: 'Any client may settle', cell: ({ lease }) => yes(lease.shared) },
  { title: 'Largest message', cell: ({ maxMessageBytes }) => size(maxMessageBytes) },
  { title: 'Messages in one call', cell: ({ maxBatch }) => count(maxBatch) },
  { title: 'Delays and leases late by up to', cell: ({ clockMs }) => duration(clockMs) },
  {
    title: 'Counts of a queue',
    cell: ({ inspect }) =>
      inspect === 'ready' ? noted('ready and dead', 'ready') : given(inspect === 'counts'),
  },
  { title: 'Looking into a queue', cell: ({ peek }) => given(peek) },
  { title: 'Emptying a queue', cell: ({ purge }) => given(purge) },
  { title: 'Listing and redriving dead letters', cell: ({ deadLetters }) => given(deadLetters) },
]

const RESULTS: readonly Row<ResultSupports>[] = [
  { title: 'Results survive', cell: ({ durability }) => SURVIVES[durability] },
  {
    title: 'Waiting for a result',
    cell: ({ watch }) => (watch ? 'told at once' : noted('polling', 'polling')),
  },
  { title: 'Largest result', cell: ({ maxValueBytes }) => size(maxValueBytes) },
]

const CHANNEL: readonly Row<Channel['supports']>[] = [
  { title: 'Events and control, largest message', cell: ({ maxPayloadBytes }) => size(maxPayloadBytes) },
]

/**
 * What each adapter can do, as Markdown: a row per capability, a column per report, and below it what core's emulation
 * costs where a capability is absent.
 */
export function capabilityTable(reports: readonly Report[]): string {
  const notes: string[] = []
  const line = (title: string, cells: readonly Cell[]): string =>
    `| ${[title, ...cells.map((cell) => footnoted(cell, notes))].join(' | ')} |`
  const rows = [
    line(
      '',
      reports.map(({ name }) => `**${name}**`),
    ),
    `| --- |${' --- |'.repeat(reports.length)}`,
    ...BROKER.map(({ title, cell }) =>
      line(
        title,
        reports.map(({ supports: { broker } }) => (broker ? cell(broker) : 'none')),
      ),
    ),
    ...RESULTS.map(({ title, cell }) =>
      line(
        title,
        reports.map(({ supports: { results } }) => (results ? cell(results) : noted('none', 'noResults'))),
      ),
    ),
    ...CHANNEL.map(({ title, cell }) =>
      line(
        title,
        reports.map(({ supports: { channel } }) => (channel ? cell(channel) : noted('none', 'noChannel'))),
      ),
    ),
    line('Clauses held, or replaced by declaration', reports.map(clauses)),
  ]
  const below = notes.map((note, index) => `${index + 1}. ${note}`)
  return [...rows, ...(below.length > 0 ? ['', ...below] : [])].join('\n')
}

const START = '<!-- capabilities:start -->'
const END = '<!-- capabilities:end -->'

/**
 * The Markdown with the table between `<!-- capabilities:start -->` and `<!-- capabilities:end -->`.
 * @throws Error when it has no such place
 */
export function withCapabilityTable(markdown: string, reports: readonly Report[]): string {
  const start = markdown.indexOf(START)
  const end = markdown.indexOf(END, start)
  if (start < 0 || end < 0) throw new Error(`No place for the table: put ${START} and ${END} into the text.`)
  return `${markdown.slice(0, start + START.length)}\n\n${capabilityTable(reports)}\n\n${markdown.slice(end)}`
}

function noted(text: string, note: keyof typeof NOTES): Cell {
  return { text, note: NOTES[note] }
}

function footnoted(cell: Cell, notes: string[]): string {
  if (typeof cell === 'string') return cell
  if (!notes.includes(cell.note)) notes.push(cell.note)
  return `${cell.text} <sup>${notes.indexOf(cell.note) + 1}</sup>`
}

function clauses(report: Report): Cell {
  const { held, replaced, failed } = totals(report)
  const text = `${held} + ${replaced} of ${report.clauses.length}`
  return failed > 0 ? `${text}, **${failed} failed**` : text
}

function delay(maxDelayMs: number): Cell {
  if (maxDelayMs === Infinity) return 'any'
  return maxDelayMs === 0 ? noted('none', 'noDelay') : noted(`${duration(maxDelayMs)}, then hops`, 'hops')
}

function given(present: boolean): Cell {
  return present ? 'yes' : noted('no', 'absent')
}

function yes(flag: boolean): string {
  return flag ? 'yes' : 'no'
}

function upTo(ms: number): string {
  return ms === Infinity ? 'yes' : `up to ${duration(ms)}`
}

function count(number: number): string {
  return number === Infinity ? 'any' : String(number)
}

function size(bytes: number): string {
  const units = [
    [1024 ** 3, 'GiB'],
    [1024 ** 2, 'MiB'],
    [1024, 'KiB'],
  ] as const
  return bytes === Infinity ? 'no limit' : inUnits(bytes, units, 'bytes')
}

function duration(ms: number): string {
  const units = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
    [1000, 's'],
  ] as const
  return ms === Infinity ? 'any time' : inUnits(ms, units, 'ms')
}

function inUnits(quantity: number, units: readonly (readonly [number, string])[], smallest: string): string {
  for (const [factor, unit] of units)
    if (quantity >= factor) return `${Number((quantity / factor).toFixed(1))} ${unit}`
  return `${quantity} ${smallest}`
}
