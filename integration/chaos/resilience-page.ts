import type { Report } from '@bananasjs/chaos'

/** One run of the fixed set. */
export interface Entry {
  readonly broker: string
  readonly experiment: string
  readonly report: Report
}

const TABLE = `| broker | verdict | tasks | lost | success, 95 % interval | proved | twice | p99 before, during, after | back at 90 % after |
| --- | --- | --: | --: | --: | --: | --: | --: | --: |`

/** The page of the docs, made of what was measured and of nothing else. */
export function resiliencePage(
  entries: readonly Entry[],
  { machine, soak }: { readonly machine: string; readonly soak: Report | undefined },
): string {
  const experiments = [...new Set(entries.map(({ experiment }) => experiment))]
  const sections = experiments.map((name) =>
    section(
      name,
      entries.filter((one) => one.experiment === name),
    ),
  )
  return `# Resilience

Each broker under a fixed set of experiments of [\`@bananasjs/chaos\`](./chaos.md), with worker processes that are killed
and a proxy that cuts them off. Written by \`node integration/chaos/suite-main.ts\`; every number is of a real run.

${machine}

${[...sections, ...(soak === undefined ? [] : [soakSection(soak)])].join('\n\n')}
`
}

/** The long run, whose report is kept whole. */
function soakSection(soak: Report): string {
  const bites = soak.faults.map(({ name, bites: count }) => `- \`${name}\`: ${count} times`)
  const kept = soak.invariants.filter(({ outcome }) => outcome === 'held').map(({ id }) => id)
  return `## ${soak.title}

${soak.stage}, ${Math.round(soak.durationMs / 60_000)} minutes, with the history of every task. Written by
\`node integration/chaos/soak-main.ts --history\`; [the whole report](/reports/soak.html).

${bites.join('\n')}

${TABLE}
${row(soak.stage.split(',')[0]!, soak)}

Promises judged from the history and kept: ${kept.join(', ')}.${reasonsOf(soak)}`
}

function reasonsOf({ verdict, reasons }: Report): string {
  return verdict === 'held' ? '' : `\n\n${reasons.map((reason) => `- ${reason}`).join('\n')}`
}

function section(name: string, entries: readonly Entry[]): string {
  const [first] = entries
  const rows = entries.map(({ broker, report }) => row(broker, report))
  return `## ${first!.report.title} (\`${name}\`)

${[...new Set(entries.flatMap(({ report }) => report.faults.map((fault) => `- \`${fault.kind}\`: ${fault.name}`)))].join('\n')}

${TABLE}
${rows.join('\n')}

${entries
  .filter(({ report }) => report.verdict !== 'held')
  .map(({ broker, report }) => `- ${broker}: ${report.reasons.join('; ')}`)
  .join('\n')}`.trimEnd()
}

function row(broker: string, { verdict, success, groups, phases, recovery }: Report): string {
  const { low, high } = success.interval
  const latencies = phases.slice(0, 3).map(({ p99Ms }) => time(p99Ms))
  const cells = [
    broker,
    verdict,
    success.total.toLocaleString('en-US'),
    String(groups.fault.lost),
    `${share(low)} – ${share(high)}`,
    success.proves === undefined ? 'nothing' : `≥ ${share(success.proves)}`,
    String(groups.fault.duplicated),
    latencies.join(', '),
    time(recovery.recoverMs),
  ]
  return `| ${cells.join(' | ')} |`
}

function share(value: number): string {
  return `${Math.floor(value * 1e5) / 1e3} %`
}

function time(ms: number | undefined): string {
  if (ms === undefined) return '–'
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}
