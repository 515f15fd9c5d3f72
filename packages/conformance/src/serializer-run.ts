import { systemRuntime } from '@bananasjs/core/contract'
import type { Serializer } from '@bananasjs/core/contract'
import type { Clause } from './clause.ts'
import { SERIALIZER_CLAUSES } from './clauses/serializer.ts'
import type { SerializerHarness } from './harness.ts'
import { reportVersions, saveReport } from './report.ts'
import type { Finding, Report } from './report.ts'
import { chosen, follow, judgeClauses } from './run-clauses.ts'
import type { Run } from './run-clauses.ts'

/** The clauses that a run with this harness judges. */
export function serializerClausesFor({ clauses }: SerializerHarness): readonly Clause<Serializer>[] {
  return chosen(SERIALIZER_CLAUSES, clauses)
}

/** Judges a serializer by the contract. */
export async function runSerializerConformance(name: string, harness: SerializerHarness): Promise<Report> {
  return startSerializerRun(name, harness).report
}

export function startSerializerRun(name: string, harness: SerializerHarness): Run {
  return follow(serializerClausesFor(harness), (tell) => judge(name, harness, tell))
}

async function judge(
  name: string,
  harness: SerializerHarness,
  tell: (finding: Finding) => void,
): Promise<Report> {
  const clauses = await judgeClauses(serializerClausesFor(harness), {
    runtime: systemRuntime,
    concurrency: 1,
    async attempt(clause) {
      await clause.run(harness.create())
      return undefined
    },
    tell,
  })
  const report: Report = {
    name,
    at: new Date().toISOString(),
    versions: reportVersions(harness.versions),
    supports: {},
    crash: false,
    clauses,
  }
  saveReport(report, harness.report)
  return report
}
