import { readFileSync } from 'node:fs'
import { systemRuntime } from '@bananasjs/core/contract'
import type { Transport } from '@bananasjs/core/contract'
import { Inconclusive } from './checks.ts'
import type { Alternative, Clause } from './clause.ts'
import { CLAUSES } from './clauses/index.ts'
import type { Harness } from './harness.ts'
import { writeReport } from './report.ts'
import type { DeclaredSupports, Finding, Report } from './report.ts'
import { closeAll, openAll, Workbench } from './workbench.ts'

const CONCURRENCY = 24
const TRIES = 3
const CLAUSE_MS = 60_000

/** A run under way. */
export interface Run {
  readonly clauses: readonly Clause[]
  /** Resolves when this clause is done, also when it failed. */
  finding(id: string): Promise<Finding>
  /** Resolves when all is done and closed. */
  readonly report: Promise<Report>
}

/** The clauses that a run with this harness judges. */
export function clausesFor(harness: Harness): readonly Clause[] {
  const only = harness.clauses ?? process.env['BANANAS_CONFORMANCE_CLAUSES']?.split(/[\s,]+/).filter(Boolean)
  return CLAUSES.filter(
    ({ id, crash }) => (!crash || harness.crash !== undefined) && (only === undefined || only.includes(id)),
  )
}

/** Judges an adapter by the contract. Rejects only when no client can be made or opened. */
export async function runConformance(name: string, harness: Harness): Promise<Report> {
  return startRun(name, harness).report
}

/** Starts all clauses, some at once, in order. */
export function startRun(name: string, harness: Harness): Run {
  const clauses = clausesFor(harness)
  const told = new Map(clauses.map(({ id }) => [id, Promise.withResolvers<Finding>()]))
  for (const { promise } of told.values()) promise.catch(() => undefined) // told through the report
  const report = judge(name, harness, (finding) => told.get(finding.id)?.resolve(finding))
  report.catch((error: unknown) => told.forEach(({ reject }) => reject(error)))
  return {
    clauses,
    report,
    finding(id) {
      const waiting = told.get(id)
      return waiting === undefined
        ? Promise.reject(new Error(`No clause ${id} in this run.`))
        : waiting.promise
    },
  }
}

async function judge(name: string, harness: Harness, tell: (finding: Finding) => void): Promise<Report> {
  const clauses = clausesFor(harness)
  const findings = new Map<string, Finding>()
  try {
    const transport = await harness.create()
    await openAll(transport)
    await each(clauses, harness.concurrency ?? CONCURRENCY, async (clause) => {
      const finding = await judgeClause(clause, transport, harness)
      findings.set(clause.id, finding)
      tell(finding)
    })
    const report: Report = {
      name,
      at: new Date().toISOString(),
      versions: { conformance: kitVersion(), node: process.versions.node, ...harness.versions },
      supports: declared(transport),
      crash: harness.crash !== undefined,
      clauses: clauses.map(({ id }) => findings.get(id)!),
    }
    await closeAll(transport).catch(() => undefined) // CLOSE-1 judges it
    const directory = harness.report ?? process.env['BANANAS_CONFORMANCE_REPORT']
    if (directory) writeReport(report, directory)
    return report
  } finally {
    await harness.after?.()
  }
}

async function judgeClause(clause: Clause, transport: Transport, harness: Harness): Promise<Finding> {
  const runtime = harness.runtime ?? systemRuntime
  const { id, part, sentence } = clause
  const startedAt = runtime.monotonic()
  const ms = (): number => Math.round(runtime.monotonic() - startedAt)
  try {
    for (let left = TRIES; ; left -= 1) {
      const bench = new Workbench({
        ...harness,
        transport,
        runtime,
        create: () => harness.create(),
        prefix: `kit-${id}-${runtime.id().slice(-12)}`,
        crash: harness.crash && ((one) => harness.crash?.(one)),
      })
      try {
        const alternative = clause.applies(bench) ? undefined : alternativeOf(clause)
        await bench.within(
          'the clause',
          (alternative ?? clause).run(bench),
          CLAUSE_MS + 400 * bench.supports.clockMs,
        )
        return alternative === undefined
          ? { id, part, sentence, outcome: 'held', ms: ms() }
          : { id, part, sentence, outcome: 'replaced', instead: alternative.sentence, ms: ms() }
      } catch (error) {
        if (!(error instanceof Inconclusive) || left <= 1) throw error
      } finally {
        await bench.dispose()
      }
    }
  } catch (error) {
    return { id, part, sentence, outcome: 'failed', error: explain(error), ms: ms() }
  }
}

function alternativeOf({ id, otherwise }: Clause): Alternative<Workbench> {
  const found = typeof otherwise === 'string' ? CLAUSES.find((clause) => clause.id === otherwise) : otherwise
  if (found === undefined) throw new TypeError(`Clause ${id} says nothing about when it does not apply.`)
  return found
}

async function each<T>(
  items: readonly T[],
  concurrency: number,
  act: (item: T) => Promise<void>,
): Promise<void> {
  const left = items.values()
  const lane = async (): Promise<void> => {
    for (const item of left) await act(item)
  }
  await Promise.all(Array.from({ length: Math.max(1, concurrency) }, lane))
}

function declared({ broker, results, channel }: Transport): DeclaredSupports {
  return { broker: broker.supports, results: results?.supports, channel: channel?.supports }
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return `threw ${String(error)}`
  const cause = error.cause instanceof Error ? `\ncaused by ${error.cause.name}: ${error.cause.message}` : ''
  return (error.name === 'AssertionError' ? error.message : (error.stack ?? error.message)) + cause
}

function kitVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
