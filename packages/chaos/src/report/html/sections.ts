import type { GroupFigures, Report } from '../report.ts'
import { counted, fateInWords, inWords, percent } from '../wording.ts'
import { escapeHtml } from './escape-html.ts'
import { htmlTable } from './html-table.ts'
import type { HtmlCell } from './html-table.ts'

/** The figures one looks for first. */
export function tiles({ success, groups, recovery }: Report): string {
  const { fault } = groups
  const { low, high } = success.interval
  const all: readonly (readonly [string, string])[] = [
    [percent(success.rate), `of ${counted(success.total)} tasks under fault succeeded`],
    [`${percent(low)} – ${percent(high)}`, 'success rate with 95 % confidence (Wilson)'],
    [
      success.proves === undefined ? 'nothing' : `≥ ${percent(success.proves)}`,
      'success is proved by this many tasks',
    ],
    [
      counted(fault.lost),
      fault.unfinished > 0 ? `lost; ${counted(fault.unfinished)} not ended yet` : 'acknowledged tasks lost',
    ],
    [counted(fault.duplicated), 'tasks ran to their end twice'],
    [inWords(recovery.detectMs), 'until the first fault showed'],
    [inWords(recovery.recoverMs), 'until throughput was back at 90 %'],
    [inWords(recovery.backlogMs), 'until the backlog was gone'],
  ]
  return `<div class="tiles">${all.map(([value, text]) => `<div class="tile"><b>${escapeHtml(value)}</b><span>${escapeHtml(text)}</span></div>`).join('')}</div>`
}

export function expectationsTable({ expectations }: Report): string {
  return htmlTable(
    ['', 'expected', 'before', 'measured', ''],
    expectations.map(({ outcome, text, measured, before, why = '' }) => [
      { mark: outcome, look: outcome },
      text,
      { number: counted4(before) },
      { number: counted4(measured) },
      why,
    ]),
  )
}

export function invariantsTable({ invariants }: Report): string {
  const table = htmlTable(
    ['', '', 'promise', 'what was found'],
    invariants.map(({ id, title, outcome, detail }) => [
      { mark: fateInWords(outcome), look: outcome === 'not checked' ? 'quiet' : outcome },
      id,
      title,
      detail,
    ]),
  )
  const shown = invariants.filter(({ evidence = [] }) => evidence.length > 0)
  const histories = shown.map(
    ({ id, evidence = [] }) =>
      `<details open><summary>${escapeHtml(`${id}: the shortest histories that show it`)}</summary><pre class="scroll">${escapeHtml(evidence.join('\n'))}</pre></details>`,
  )
  return `${table}${histories.join('')}`
}

export function phasesTable({ phases }: Report): string {
  return htmlTable(
    ['phase', 'length', 'tasks done', 'a second', 'failed attempts', 'median', '99th percentile'],
    phases.map(({ name, fromMs, toMs, done, perSecond, failedAttempts, p50Ms, p99Ms }) => [
      name,
      ...numbers(inWords(toMs - fromMs), counted(done), counted(perSecond), counted(failedAttempts)),
      ...numbers(inWords(p50Ms), inWords(p99Ms)),
    ]),
  )
}

const GROUP_ROWS: readonly (readonly [string, (group: GroupFigures) => string])[] = [
  ['sent', ({ sent }) => counted(sent)],
  ['acknowledged by the broker', ({ acknowledged }) => counted(acknowledged)],
  ['never acknowledged', ({ refused }) => counted(refused)],
  ['done', ({ done }) => counted(done)],
  ['lost', ({ lost }) => counted(lost)],
  ['not ended', ({ unfinished }) => counted(unfinished)],
  ['dead letters', ({ dead }) => counted(dead)],
  ['wrong results', ({ wrong }) => counted(wrong)],
  ['done twice', ({ duplicated }) => counted(duplicated)],
  ['attempts', ({ attempts }) => counted(attempts)],
  ['failed attempts', ({ failedAttempts }) => counted(failedAttempts)],
  ['median latency', ({ p50Ms }) => inWords(p50Ms)],
  ['99th percentile', ({ p99Ms }) => inWords(p99Ms)],
  ['slowest', ({ maxMs }) => inWords(maxMs)],
]

export function groupsTable({ groups: { fault, control } }: Report): string {
  return htmlTable(
    ['', 'under fault', 'control group'],
    GROUP_ROWS.map(([name, value]) => [name, ...numbers(value(fault), value(control))]),
  )
}

const VICTIMS = 3

export function faultsTable({ faults }: Report): string {
  return htmlTable(
    ['fault', 'where', 'bites', 'first', 'last', 'lost per bite, below', 'hit, among others'],
    faults.map((fault) => [
      fault.error === undefined ? fault.name : `${fault.name}: ${fault.error}`,
      fault.site,
      ...numbers(
        counted(fault.bites),
        inWords(fault.firstMs),
        inWords(fault.lastMs),
        percent(fault.lossPerBiteBelow),
      ),
      fault.victims.slice(0, VICTIMS).join(', '),
    ]),
  )
}

export function listOf(texts: readonly string[]): string {
  return `<ul class="reasons">${texts.map((text) => `<li>${escapeHtml(text)}</li>`).join('')}</ul>`
}

function numbers(...texts: readonly string[]): readonly HtmlCell[] {
  return texts.map((number) => ({ number }))
}

function counted4(value: number | undefined): string {
  return value === undefined
    ? '–'
    : value.toLocaleString('en-US', { maximumFractionDigits: value < 1 ? 5 : 1 })
}
