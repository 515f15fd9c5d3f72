import type { Report } from '@bananasjs/chaos'
import type { PowerCutOutcome } from '../power-cut/cut-power.ts'
import { summaryOf } from './run-summary.ts'
import type { RunSummary } from './run-summary.ts'

interface Measured<T> {
  readonly machine: string
  readonly rows: readonly T[]
}

export interface ResilienceFacts {
  readonly suite: Measured<RunSummary>
  readonly powerCuts: Measured<PowerCutOutcome>
  readonly soak: Report | undefined
}

const TABLE = `| broker | verdict | tasks | lost | success, 95 % interval | proved | twice | p99 before, during, after | back at 90 % after |
| --- | --- | --: | --: | --: | --: | --: | --: | --: |`

/** The page of the docs, made of what was measured and of nothing else. */
export function resiliencePage({ suite, powerCuts, soak }: ResilienceFacts): string {
  const experiments = [...new Set(suite.rows.map(({ experiment }) => experiment))]
  const sections = experiments.map((name) =>
    section(
      name,
      suite.rows.filter((one) => one.experiment === name),
    ),
  )
  return `# Resilience

Each broker under a fixed set of experiments of [\`@bananasjs/chaos\`](./chaos.md), with worker processes that are killed
and a proxy that cuts them off. Written by \`node integration/chaos/suite-main.ts\`; every number is of a real run.

The last of them: ${suite.machine}

${[...sections, ...(soak === undefined ? [] : [soakSection(soak)]), ...powerCutSection(powerCuts)].join('\n\n')}
`
}

/** The long run, whose report is kept whole. */
function soakSection(soak: Report): string {
  const bites = soak.faults.map(({ name, bites: count }) => `- \`${name}\`: ${count} times`)
  const kept = soak.invariants.filter(({ outcome }) => outcome === 'held').map(({ id }) => id)
  const summary = summaryOf(soak.stage.split(',')[0]!, 'soak', soak)
  return `## ${soak.title}

${soak.stage}, ${Math.round(soak.durationMs / 60_000)} minutes, with the history of every task. Written by
\`node integration/chaos/soak-main.ts --history\`; [the whole report](/reports/soak.html).

${bites.join('\n')}

${TABLE}
${row(summary)}

Promises judged from the history and kept: ${kept.join(', ')}.${soak.verdict === 'held' ? '' : `\n\n${soak.reasons.map((reason) => `- ${reason}`).join('\n')}`}`
}

function powerCutSection({ machine, rows }: Measured<PowerCutOutcome>): readonly string[] {
  if (rows.length === 0) return []
  const lines = rows.map(({ store, settings, cuts, acknowledged, lost }) =>
    cells([store, settings, String(cuts), number(acknowledged), number(lost)]),
  )
  return [
    `## The power is cut

The store keeps its files on a disk of its own, whose power is cut in mid-load again and again, as the fault
\`server.power-cut\` does it: what no fsync had brought to the disk is gone. A cut comes as soon as enough tasks were
acknowledged, a few seconds after the last one, so that a store which writes to the disk now and then loses most of them.
One server each; a replica on a machine with power keeps what this one forgets.
Written by \`node integration/power-cut/power-cut-main.ts\`, as root.

| store | settings | cuts | acknowledged | of these lost |
| --- | --- | --: | --: | --: |
${lines.join('\n')}

The last of them: ${machine}`,
  ]
}

function section(name: string, runs: readonly RunSummary[]): string {
  const [first] = runs
  const faults = runs.flatMap((run) => run.faults.map(({ kind, name: fault }) => `- \`${kind}\`: ${fault}`))
  return `## ${first!.title} (\`${name}\`)

${[...new Set(faults)].join('\n')}

${TABLE}
${runs.map(row).join('\n')}

${runs
  .filter(({ verdict }) => verdict !== 'held')
  .map(({ broker, reasons }) => `- ${broker}: ${reasons.join('; ')}`)
  .join('\n')}`.trimEnd()
}

function row({
  broker,
  verdict,
  tasks,
  lost,
  duplicated,
  low,
  high,
  proves,
  p99Ms,
  recoverMs,
}: RunSummary): string {
  return cells([
    broker,
    verdict,
    number(tasks),
    number(lost),
    `${share(low)} – ${share(high)}`,
    proves === undefined ? 'nothing' : `≥ ${share(proves)}`,
    number(duplicated),
    p99Ms.map(time).join(', '),
    time(recoverMs),
  ])
}

function cells(texts: readonly string[]): string {
  return `| ${texts.join(' | ')} |`
}

function number(value: number): string {
  return value.toLocaleString('en-US')
}

function share(value: number): string {
  return `${Math.floor(value * 1e5) / 1e3} %`
}

function time(ms: number | undefined): string {
  if (ms === undefined) return '–'
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}
