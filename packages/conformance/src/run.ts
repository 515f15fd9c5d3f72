import { systemRuntime } from '@bananasjs/core/contract'
import type { Transport } from '@bananasjs/core/contract'
import type { Alternative, Clause } from './clause.ts'
import { CLAUSES } from './clauses/index.ts'
import type { Harness } from './harness.ts'
import { reportVersions, saveReport } from './report.ts'
import type { DeclaredSupports, Finding, Report } from './report.ts'
import { chosen, follow, judgeClauses } from './run-clauses.ts'
import type { Run } from './run-clauses.ts'
import { closeAll, openAll, Workbench } from './workbench.ts'

const CONCURRENCY = 24
const CLAUSE_MS = 120_000

/** The clauses that a run with this harness judges. */
export function clausesFor(harness: Harness): readonly Clause[] {
  return chosen(CLAUSES, harness.clauses).filter(({ crash }) => !crash || harness.crash !== undefined)
}

/** Judges an adapter by the contract. Rejects only when no client can be made or opened. */
export async function runConformance(name: string, harness: Harness): Promise<Report> {
  return startRun(name, harness).report
}

/** Starts all clauses, some at once, in order. */
export function startRun(name: string, harness: Harness): Run {
  return follow(clausesFor(harness), (tell) => judge(name, harness, tell))
}

async function judge(name: string, harness: Harness, tell: (finding: Finding) => void): Promise<Report> {
  try {
    const transport = await harness.create()
    await openAll(transport)
    const clauses = await judgeClauses(clausesFor(harness), {
      runtime: harness.runtime ?? systemRuntime,
      concurrency: harness.concurrency ?? CONCURRENCY,
      attempt: (clause, patience) => attempt(clause, transport, { harness, patience }),
      tell,
    })
    const report: Report = {
      name,
      at: new Date().toISOString(),
      versions: reportVersions(harness.versions),
      supports: declared(transport),
      crash: harness.crash !== undefined,
      clauses,
    }
    await closeAll(transport).catch(() => undefined) // CLOSE-1 judges it
    saveReport(report, harness.report)
    return report
  } finally {
    await harness.after?.()
  }
}

async function attempt(
  clause: Clause,
  transport: Transport,
  { harness, patience }: { readonly harness: Harness; readonly patience: number },
): Promise<Alternative<Workbench> | undefined> {
  const runtime = harness.runtime ?? systemRuntime
  const bench = new Workbench({
    transport,
    runtime,
    create: () => harness.create(),
    prefix: `kit-${clause.id}-${runtime.id().slice(-12)}`,
    crash: harness.crash && ((one) => harness.crash?.(one)),
    graceMs: harness.graceMs,
    patience,
  })
  try {
    const alternative = clause.applies(bench) ? undefined : alternativeOf(clause, bench)
    const limitMs = patience * (CLAUSE_MS + 400 * bench.supports.clockMs)
    await bench.within('the clause', (alternative ?? clause).run(bench), limitMs)
    return alternative
  } finally {
    await bench.dispose()
  }
}

/** A clause that is named instead may not apply either; then what must hold instead of that one does. */
function alternativeOf({ id, otherwise }: Clause, bench: Workbench): Alternative<Workbench> {
  if (typeof otherwise === 'object') return otherwise
  const named = CLAUSES.find((clause) => clause.id === otherwise)
  if (named === undefined) throw new TypeError(`Clause ${id} says nothing about when it does not apply.`)
  return named.applies(bench) ? named : alternativeOf(named, bench)
}

function declared({ broker, results, channel }: Transport): DeclaredSupports {
  return { broker: broker.supports, results: results?.supports, channel: channel?.supports }
}
