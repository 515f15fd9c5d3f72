import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { readReport, totals } from '../src/index.ts'

const run = promisify(execFile)

describe('plain Node', () => {
  it('prints the certificate, writes the report and exits with 0 when every clause holds', async () => {
    const reports = temporaryFolder()
    const { stdout } = await run(
      process.execPath,
      [program('memory({ store })')],
      environment('PUT-1 CHAN-1', reports),
    )
    expect(stdout).toContain('mine: 2 clauses · 2 held · 0 replaced by declaration · 0 failed')
    expect(readdirSync(reports)).toEqual(['mine.json'])
    const report = readReport(join(reports, 'mine.json'))
    expect(totals(report)).toEqual({ held: 2, replaced: 0, failed: 0 })
    expect(report.supports.broker?.maxDelayMs).toBe(Infinity)
  })

  it('names the clause that failed and exits with 1', async () => {
    const broken = program(
      '{ ...memory({ store }), results: { ...memory().results, open: async () => {}, close: async () => {} } }',
    )
    const failed = run(process.execPath, [broken], environment('PUT-1', temporaryFolder()))
    await expect(failed).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringContaining('PUT-1 FAILED') as string,
    })
  })
})

/** A third party's ten lines. */
function program(transport: string): string {
  const path = join(temporaryFolder(), 'certify.ts')
  const source = (name: string): string => JSON.stringify(new URL(name, import.meta.url).href)
  writeFileSync(
    path,
    `import { certifyTransport } from ${source('../src/node.ts')}
import { memory, memoryStore } from ${source('../../core/src/memory/index.ts')}

const store = memoryStore()
await certifyTransport('mine', { create: () => (${transport}), versions: { server: '1.0' } })
`,
  )
  return path
}

function environment(clauses: string, reports: string): { env: NodeJS.ProcessEnv } {
  return {
    env: { ...process.env, BANANAS_CONFORMANCE_CLAUSES: clauses, BANANAS_CONFORMANCE_REPORT: reports },
  }
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bananas-conformance-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
