import type { Runtime } from '@bananasjs/core/contract'
import { Inconclusive } from './checks.ts'
import type { Alternative, Clause } from './clause.ts'
import type { Finding, Report } from './report.ts'

const TRIES_ALONE = 3

/** A run under way. */
export interface Run {
  readonly clauses: readonly Pick<Clause<never>, 'id' | 'part' | 'sentence'>[]
  /** Resolves when this clause is done, also when it failed. */
  finding(id: string): Promise<Finding>
  /** Resolves when all is done and closed. */
  readonly report: Promise<Report>
}

/** Makes what each clause finds available as soon as it is done; `judge` tells it. */
export function follow(
  clauses: Run['clauses'],
  judge: (tell: (finding: Finding) => void) => Promise<Report>,
): Run {
  const told = new Map(clauses.map(({ id }) => [id, Promise.withResolvers<Finding>()]))
  for (const { promise } of told.values()) promise.catch(() => undefined) // told through the report
  const report = judge((finding) => told.get(finding.id)?.resolve(finding))
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

export interface Judging<Bench> {
  readonly runtime: Runtime
  /** Clauses under way at once. */
  readonly concurrency: number
  /**
   * Runs the clause, or what must hold instead, which it then returns.
   * @param patience how many times longer than at first what is to be seen to end may take
   */
  readonly attempt: (clause: Clause<Bench>, patience: number) => Promise<Alternative<Bench> | undefined>
  readonly tell: (finding: Finding) => void
}

/** What was found, in the order of the clauses. */
export async function judgeClauses<Bench>(
  clauses: readonly Clause<Bench>[],
  judging: Judging<Bench>,
): Promise<readonly Finding[]> {
  const findings = new Map<string, Finding>()
  const unsure: Clause<Bench>[] = []
  const found = (finding: Finding): void => {
    findings.set(finding.id, finding)
    judging.tell(finding)
  }
  const left = clauses.values()
  const lane = async (): Promise<void> => {
    for (const clause of left) {
      const finding = await judgeClause(clause, judging, { patience: 1, last: false })
      if (finding === undefined) unsure.push(clause)
      else found(finding)
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, judging.concurrency) }, lane))
  for (const clause of unsure) found(await judgeAlone(clause, judging))
  return clauses.map(({ id }) => findings.get(id)!)
}

/** Only these, when some were named in the harness or the environment. */
export function chosen<Bench>(
  clauses: readonly Clause<Bench>[],
  named: readonly string[] | undefined,
): readonly Clause<Bench>[] {
  const only = named ?? process.env['BANANAS_CONFORMANCE_CLAUSES']?.split(/[\s,]+/).filter(Boolean)
  return only === undefined ? clauses : clauses.filter(({ id }) => only.includes(id))
}

/** One after the other, and each with more time than before: who breaks the clause breaks it at any pace. */
async function judgeAlone<Bench>(clause: Clause<Bench>, judging: Judging<Bench>): Promise<Finding> {
  for (let tries = 1; ; tries += 1) {
    const finding = await judgeClause(clause, judging, { patience: 2 ** tries, last: tries === TRIES_ALONE })
    if (finding !== undefined) return finding
  }
}

interface Try {
  readonly patience: number
  readonly last: boolean
}

/** `undefined` when the machine was too slow to tell anything, unless this is the `last` try. */
async function judgeClause<Bench>(
  clause: Clause<Bench>,
  { runtime, attempt }: Judging<Bench>,
  { patience, last }: Try,
): Promise<Finding | undefined> {
  const { id, part, sentence } = clause
  const startedAt = runtime.monotonic()
  const ms = (): number => Math.round(runtime.monotonic() - startedAt)
  try {
    const alternative = await attempt(clause, patience)
    if (alternative === undefined) return { id, part, sentence, outcome: 'held', ms: ms() }
    return { id, part, sentence, outcome: 'replaced', instead: alternative.sentence, ms: ms() }
  } catch (error) {
    if (error instanceof Inconclusive && !last) return undefined
    return { id, part, sentence, outcome: 'failed', error: explain(error), ms: ms() }
  }
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return `threw ${String(error)}`
  const cause = error.cause instanceof Error ? `\ncaused by ${error.cause.name}: ${error.cause.message}` : ''
  return (error.name === 'AssertionError' ? error.message : (error.stack ?? error.message)) + cause
}
