import { relative } from 'node:path'
import type { Comparison, Report } from '@bananasjs/chaos'
import { QueueError } from '@bananasjs/core'
import { loadChaos } from '../chaos/load-chaos.ts'
import { openStage } from '../chaos/open-stage.ts'
import type { StageFlags } from '../chaos/open-stage.ts'
import { readExperiment } from '../chaos/read-experiment.ts'
import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'
import { sanitize } from '../output/sanitize.ts'
import type { PlainContext } from '../session/context.ts'
import { showComparison } from './chaos-compare.ts'

interface RunFlags extends StageFlags {
  readonly allow?: boolean
  readonly report: string
  readonly audit?: string
  readonly baseline?: string
}

export async function action(
  context: PlainContext,
  flags: RunFlags,
  [file = '']: readonly string[],
): Promise<number> {
  const { out, cwd, env } = context
  const chaos = await loadChaos()
  const experiment = await readExperiment(chaos, file, cwd)
  const baseline = flags.baseline === undefined ? undefined : await chaos.readReport(flags.baseline)
  await using opened = await openStage(chaos, experiment, { flags, context })
  const running = chaos.runExperiment(experiment, {
    stage: opened.stage,
    env,
    enabled: flags.allow,
    audit: flags.audit,
    onProgress: (text) => out.note(text),
  })
  const report = await running.catch(explainRefusal)
  const saved = await chaos.saveReport(report, flags.report)
  const comparison = baseline && chaos.compareReports(baseline, report)
  out.record({ ...summaryOf(report), report: saved, ...(comparison && { comparison }) }, () => [
    `${report.verdict}: ${sanitize(report.title)}`,
    ...report.reasons.map((reason) => `  ${sanitize(reason)}`),
    ...report.hints.map((hint) => `  hint: ${sanitize(hint)}`),
    `Report: ${relative(cwd, saved.html) || saved.html}`,
  ])
  if (comparison !== undefined && !out.json) showComparison(out, comparison)
  return exitOf(report, comparison)
}

/** It is the settings that refuse it, not the broker, which DENIED stands for elsewhere. */
function explainRefusal(error: unknown): never {
  if (QueueError.is(error, 'DENIED')) throw new CliError(error.message, { code: 'DENIED', cause: error })
  throw error
}

function summaryOf({ title, verdict, reasons, success, groups, recovery, hints, seed }: Report): object {
  const { lost, dead, duplicated } = groups.fault
  return { title, verdict, reasons, seed, success, lost, dead, duplicated, recovery, hints }
}

function exitOf({ verdict }: Report, comparison: Comparison | undefined): number {
  return verdict === 'held' && comparison?.passed !== false ? EXIT.done : EXIT.failed
}
