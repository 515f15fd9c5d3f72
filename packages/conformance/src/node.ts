import { formatCertificate } from './certificate.ts'
import type { Harness, SerializerHarness } from './harness.ts'
import { totals } from './report.ts'
import type { Report } from './report.ts'
import { runConformance } from './run.ts'
import { runSerializerConformance } from './serializer-run.ts'

/** Judges a transport under plain Node, prints the certificate, and makes the process exit with 1 when a clause failed. */
export async function certifyTransport(name: string, harness: Harness): Promise<Report> {
  return certify(await runConformance(name, harness))
}

/** The same for a serializer. */
export async function certifySerializer(name: string, harness: SerializerHarness): Promise<Report> {
  return certify(await runSerializerConformance(name, harness))
}

function certify(report: Report): Report {
  process.stdout.write(`${formatCertificate(report)}\n`)
  if (totals(report).failed > 0) process.exitCode = 1
  return report
}
