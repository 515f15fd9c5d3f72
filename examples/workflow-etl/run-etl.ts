import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Bananas } from '@bananasjs/core'
import { sqlite } from '@bananasjs/sqlite'
import { mermaid, workflows } from '@bananasjs/workflow'
import type { WorkflowRun } from '@bananasjs/workflow'
import { startCrew } from '../demo/crew.ts'
import { drawLive } from './draw-live.ts'
import { openState, STATE_ROOT } from './etl-state.ts'
import type { EtlState } from './etl-state.ts'
import { findFiles } from './find-files.ts'
import type { Found } from './find-files.ts'
import { etlFlow } from './flow.ts'
import type { EtlOptions } from './options.ts'
import type { EtlReport } from './tasks.ts'
import { textReport } from './text-report.ts'

const WORKER = join(import.meta.dirname, 'worker-main.ts')

/** From files to the report. Rejects with the signal's reason when stopped; running it again then carries on. */
export async function runEtl(options: EtlOptions, signal: AbortSignal): Promise<void> {
  const found = await findFiles(options.paths, STATE_ROOT, (path, code) =>
    note(`cannot read the folder ${path || '.'}: ${code}`),
  )
  const state = openState(found.key, options.fresh)
  try {
    await runOn(options, { state, found }, signal)
  } finally {
    state.release()
  }
}

interface Work {
  readonly state: EtlState
  readonly found: Found
}

async function runOn(options: EtlOptions, { state, found }: Work, signal: AbortSignal): Promise<void> {
  const flows = workflows()
  await using _app = new Bananas({ transport: sqlite(state.tasks), plugins: [flows] })
  const origins = found.files.map((file) => ({ ...file, stage: state.stage }))
  // The same id and the same files: the same workflow, however often it is started.
  const run = await flows.start(etlFlow(origins, state.warehouse), undefined, { id: 'etl' })
  if (state.resumed) await carryOn(run)
  const crew = startCrew({
    program: WORKER,
    args: [state.tasks],
    count: options.workers,
    onDeath: (how) => note(`${how}; another one takes its place`),
  })
  const drawing = drawLive(run, process.stderr, () => crew.noteProgress())
  try {
    const report = await Promise.race([run.result({ timeout: '7d', signal }), crew.failed])
    await drawing.end()
    await present(options, { state, run, report })
    state.finish()
  } finally {
    await drawing.end()
    await crew.stop()
  }
}

/** What an earlier run did stands; what failed in it is tried again. */
async function carryOn(run: WorkflowRun): Promise<void> {
  const { state, nodes } = await run.status()
  const done = nodes.filter((node) => node.kind === 'step' && node.state === 'succeeded').length
  note(`An earlier run was stopped; carrying on after ${done} steps.`)
  if (state !== 'running' && state !== 'succeeded') await run.retry()
}

interface Outcome {
  readonly state: EtlState
  readonly run: WorkflowRun
  readonly report: EtlReport
}

async function present({ mermaid: file }: EtlOptions, { state, run, report }: Outcome): Promise<void> {
  if (file !== undefined) writeFileSync(file, mermaid(await run.status()))
  process.stdout.write(`${textReport(report)}\nAll of it is in ${state.warehouse}\n`)
}

function note(text: string): void {
  process.stderr.write(`${text}\n`)
}
