import { afterAll, beforeAll, describe, it } from 'vitest'
import { describeFailure, formatCertificate } from './certificate.ts'
import type { Harness, SerializerHarness } from './harness.ts'
import type { Run } from './run-clauses.ts'
import { clausesFor, startRun } from './run.ts'
import { serializerClausesFor, startSerializerRun } from './serializer-run.ts'

const RUN_MS = 600_000

/** One vitest test per clause. All clauses run at once from the start; each test waits for its own. */
export function describeTransport(name: string, harness: Harness): void {
  describeRun(name, clausesFor(harness), () => startRun(name, harness))
}

/** The same for a serializer. */
export function describeSerializer(name: string, harness: SerializerHarness): void {
  describeRun(name, serializerClausesFor(harness), () => startSerializerRun(name, harness))
}

function describeRun(name: string, clauses: Run['clauses'], start: () => Run): void {
  describe(`${name} keeps the contract`, () => {
    let run: Run
    beforeAll(() => {
      run = start()
    })
    for (const { id, sentence } of clauses) {
      it(`${id} ${sentence}`, { timeout: RUN_MS }, async () => {
        const finding = await run.finding(id)
        if (finding.outcome === 'failed') throw new Error(describeFailure(finding))
      })
    }
    afterAll(async () => {
      // oxlint-disable-next-line no-console -- the certificate is there to be read
      console.log(formatCertificate(await run.report))
    }, RUN_MS)
  })
}
