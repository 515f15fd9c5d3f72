import { afterAll, beforeAll, describe, it } from 'vitest'
import { formatCertificate, describeFailure } from './certificate.ts'
import type { Harness } from './harness.ts'
import { clausesFor, startRun } from './run.ts'
import type { Run } from './run.ts'

const RUN_MS = 600_000

/** One vitest test per clause. All clauses run at once from the start; each test waits for its own. */
export function describeTransport(name: string, harness: Harness): void {
  describe(`${name} keeps the contract`, () => {
    let run: Run
    beforeAll(() => {
      run = startRun(name, harness)
    })
    for (const { id, sentence } of clausesFor(harness)) {
      it(`${id} ${sentence}`, { timeout: RUN_MS }, async () => {
        const finding = await run.finding(id)
        if (finding.outcome === 'failed') throw new Error(describeFailure(finding))
      })
    }
    afterAll(async () => {
      console.log(formatCertificate(await run.report))
    }, RUN_MS)
  })
}
