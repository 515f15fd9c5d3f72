import type { Measure } from './case.ts'
import type { Environment } from './environment.ts'
import { environmentLines } from './environment-lines.ts'
import { figure, ratioText } from './figures.ts'
import type { CaseReport, ContenderReport, GoalReport } from './rounds.ts'

/** One run, whole: what `--json` prints and benchmarks/results keeps. */
export interface BenchDocument {
  readonly version: 1
  readonly suite: string
  /** `false`: some task was lost or ran twice, and no figure counts. */
  readonly valid: boolean
  readonly environment: Environment
  readonly options: { readonly rounds?: number; readonly tasks?: number; readonly only?: string }
  readonly cases: readonly CaseReport[]
}

/** For people: one block per case. */
export function textReport(document: BenchDocument): string {
  const blocks = document.cases.map((one) => caseText(one))
  const counted = document.cases.some(({ tasks }) => tasks > 0)
  const end = document.valid
    ? counted
      ? ['Every task of every round ran exactly once.']
      : []
    : ['VOID: not every task ran exactly once. No figure above counts.']
  return [environmentLines(document.environment).join('\n'), ...blocks, ...end].join('\n\n') + '\n'
}

function caseText(one: CaseReport): string {
  const size = one.tasks > 0 ? `${one.tasks.toLocaleString('en')} tasks, ` : ''
  const rounds = one.contenders[0]?.rounds.length ?? 0
  const head = `${one.title} (${one.name}; ${size}${rounds} ${rounds === 1 ? 'round' : 'rounds'})`
  const rows = one.measures.flatMap((measure) => one.contenders.map((who) => row(one, measure, who)))
  const goals = one.goals.map((goal) => `  ${goalText(one, goal)}`)
  const violations = one.violations.map((violation) => `  VOID: ${violation}`)
  return [head, ...aligned(rows), ...goals, ...violations].join('\n')
}

function row(one: CaseReport, { name, unit }: Measure, who: ContenderReport): readonly string[] {
  const { median, min, max } = who.summary[name]!
  const ratio = one.ratios.find((ratio) => ratio.measure === name && ratio.against === who.name)
  const compared = ratio === undefined ? '' : `${ratio.ours} ÷ this = ${ratioText(ratio.ratio)}`
  return [who.name, name, `${figure(median)} ${unit}`, `${figure(min)} – ${figure(max)}`, compared]
}

function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)))
  return rows
    .map(
      (cells) =>
        `  ${cells.map((cell, column) => (column === 2 ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!))).join('  ')}`,
    )
    .map((line) => line.trimEnd())
}

function goalText(one: CaseReport, goal: GoalReport): string {
  const measure = one.measures.find(({ name }) => name === goal.measure)!
  const sign = measure.better === 'higher' ? '≥' : '≤'
  const show = (value: number): string =>
    goal.against === undefined ? `${figure(value)} ${measure.unit}` : ratioText(value)
  const subject = goal.against === undefined ? measure.name : `${measure.name} to ${goal.against}`
  const floor =
    goal.floor === undefined
      ? ''
      : `; floor ${sign} ${show(goal.floor)} ${goal.floorHolds === true ? 'holds' : 'MISSED'}`
  const aim =
    goal.aim === undefined
      ? ''
      : `; aim ${sign} ${show(goal.aim)} ${goal.aimReached === true ? 'reached' : 'not reached'}`
  return `${subject}: ${show(goal.value)}${floor}${aim}`
}
