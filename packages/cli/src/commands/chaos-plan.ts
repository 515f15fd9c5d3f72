import type { Plan } from '@bananasjs/chaos'
import { loadChaos } from '../chaos/load-chaos.ts'
import { openStage } from '../chaos/open-stage.ts'
import type { StageFlags } from '../chaos/open-stage.ts'
import { readExperiment } from '../chaos/read-experiment.ts'
import { EXIT } from '../exit-codes.ts'
import { formatMs, plural } from '../output/format.ts'
import { sanitize } from '../output/sanitize.ts'
import type { PlainContext } from '../session/context.ts'

export async function action(
  context: PlainContext,
  flags: StageFlags & { readonly allow?: boolean },
  [file = '']: readonly string[],
): Promise<number> {
  const { out, cwd, env } = context
  const chaos = await loadChaos()
  const experiment = await readExperiment(chaos, file, cwd)
  await using opened = await openStage(chaos, experiment, { flags, context })
  const plan = chaos.planExperiment(experiment, { stage: opened.stage, env, enabled: flags.allow })
  out.record(plan, () => linesOf(plan).map(sanitize))
  const sound = plan.refused === undefined && plan.steps.every(({ problem }) => problem === undefined)
  return sound ? EXIT.done : EXIT.failed
}

function linesOf(plan: Plan): readonly string[] {
  const { schedule, steps, steady, stop, rollbacks } = plan
  const phases = `warm-up ${formatMs(schedule.warmUpMs)}, faults ${formatMs(schedule.injectMs)}, recovery ${formatMs(schedule.recoveryMs)}, then at most ${formatMs(schedule.drainMs)} until all has ended`
  return [
    plan.title,
    `  on ${plan.stage}, environment ${plan.environment}`,
    `  ${phases}`,
    `  ${plural(plan.tasks, 'task')}, ${plan.control} of them in the control group`,
    ...steps.map(stepLine),
    ...steady.map((text) => `  expects ${text}`),
    ...stop.map((text) => `  stops at ${text}`),
    ...rollbacks.map((text) => `  at the end: ${text}`),
    ...(plan.refused === undefined ? [] : [`  refused here: ${plan.refused}`]),
  ]
}

function stepLine({ name, kind, fromMs, toMs, targets, tasks, problem }: Plan['steps'][number]): string {
  const what = name === kind ? kind : `${kind} (${name})`
  if (problem !== undefined) return `  ! ${what}: ${problem}`
  const about = tasks === undefined ? '' : `, about ${plural(tasks, 'task')}`
  return `  ${formatMs(fromMs)} to ${formatMs(toMs)}: ${what} hits ${targets.join('; ')}${about}`
}
