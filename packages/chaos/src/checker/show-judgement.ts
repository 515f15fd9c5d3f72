import type { HistoryEvent } from '../history/history-event.ts'
import type { Breach, Judgement } from './findings.ts'

const WORDS = { kept: 'kept    ', violated: 'VIOLATED', 'not decidable': 'open    ' } as const

/** For people: one line an invariant, and under each broken one the shortest history that shows it. */
export function showJudgement({ verdict, events, findings, torn, damaged }: Judgement): string {
  const lines = findings.flatMap(({ id, title, outcome, why, breaches }) => [
    `${WORDS[outcome]} ${id.padEnd(3)} ${title}: ${why}`,
    ...breaches.flatMap((breach) => [...showBreach(breach)].map((line) => `             ${line}`)),
  ])
  const flaws = [
    ...(torn > 0 ? [`${torn} records were cut short by a death`] : []),
    ...damaged.map((line) => `damaged: ${line}`),
  ]
  return [`${verdict}: ${events} events`, ...flaws, ...lines].join('\n')
}

/** The first line says what happened, each further one is an event, with milliseconds since the first of them. */
export function showBreach({ key, text, evidence }: Breach): readonly string[] {
  const from = evidence[0]?.at ?? 0
  return [`${key === '' ? '' : `${key} `}${text}`, ...evidence.map((event) => showEvent(event, from))]
}

export function showEvent({ at, by, kind, ...rest }: HistoryEvent, from = 0): string {
  const facts = Object.entries(rest).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  return `${(at - from).toFixed(3).padStart(12)} ms  ${by}  ${kind} ${facts.join(' ')}`
}
