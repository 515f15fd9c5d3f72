import { runInNewContext } from 'node:vm'
import { setFlagsFromString } from 'node:v8'
import { CannotRun } from './cannot-run.ts'
import type { Case, Goal, Measure, Role, Round } from './case.ts'
import { complaint } from './delivery-check.ts'
import { summarize } from './statistics.ts'
import type { Summary } from './statistics.ts'

export interface RoundOptions {
  /** Counted rounds, in place of the case's own. */
  readonly rounds?: number | undefined
  readonly onRound?: (text: string) => void
  /** After this, a round is given up. */
  readonly longestRoundMs?: number
}

const DEFAULT_ROUNDS = 5
/** Nothing here takes as long: a round that does waits for what will never come. */
const LONGEST_ROUND_MS = 15 * 60_000

export interface ContenderReport {
  readonly name: string
  readonly role: Role
  readonly rounds: readonly Round[]
  readonly summary: Readonly<Record<string, Summary>>
}

/** Median of ours ÷ median of `against`, both of the same run. */
export interface Ratio {
  readonly measure: string
  readonly ours: string
  readonly against: string
  readonly ratio: number
}

export interface GoalReport extends Goal {
  readonly value: number
  /** `undefined` without a floor or an aim to hold. */
  readonly floorHolds: boolean | undefined
  readonly aimReached: boolean | undefined
}

export interface CaseReport {
  readonly name: string
  readonly title: string
  readonly tasks: number
  readonly measures: readonly Measure[]
  readonly contenders: readonly ContenderReport[]
  readonly ratios: readonly Ratio[]
  readonly goals: readonly GoalReport[]
  /** Why this case does not count; empty when every task of every round ran exactly once. */
  readonly violations: readonly string[]
}

/**
 * All contenders in turn, round by round, so that whatever disturbs the machine disturbs everyone alike; there and back,
 * so that nobody always comes after the same one and bears what that one leaves behind.
 * @throws CannotRun when a round never ends
 */
export async function runCase(one: Case, options: RoundOptions): Promise<CaseReport> {
  const rounds = one.rounds === 1 ? 1 : (options.rounds ?? one.rounds ?? DEFAULT_ROUNDS)
  const warmups = one.warmups ?? 1
  const kept = one.contenders.map((): Round[] => [])
  const violations: string[] = []
  for (let index = -warmups; index < rounds; index += 1) {
    const there = [...one.contenders.entries()]
    for (const [at, contender] of (index + warmups) % 2 === 0 ? there : there.toReversed()) {
      const label = index < 0 ? 'warm-up' : `round ${index + 1}`
      const title = `${one.name}: ${label} of ${rounds}, ${contender.name}`
      options.onRound?.(title)
      collectGarbage()
      const round = await ending(contender.round(), title, options.longestRoundMs ?? LONGEST_ROUND_MS)
      const wrong = round.delivery === undefined ? undefined : complaint(round.delivery)
      if (wrong !== undefined) violations.push(`${contender.name}, ${label}: ${wrong}`)
      if (index >= 0) kept[at]!.push(round)
    }
  }
  return report(one, kept, violations)
}

function report(one: Case, kept: readonly (readonly Round[])[], violations: readonly string[]): CaseReport {
  const contenders = one.contenders.map(({ name, role }, at) => {
    const rounds = kept[at]!
    const summary = Object.fromEntries(
      one.measures.map(({ name: measure }) => [
        measure,
        summarize(rounds.map((round) => round.figures[measure]!)),
      ]),
    )
    return { name, role, rounds, summary }
  })
  const ratios = ratiosOf(one.measures, contenders)
  const { name, title, tasks, measures } = one
  const goals = goalsOf(one, contenders, ratios)
  return { name, title, tasks, measures, contenders, ratios, goals, violations }
}

function ratiosOf(measures: readonly Measure[], contenders: readonly ContenderReport[]): readonly Ratio[] {
  const ours = contenders.find(({ role }) => role === 'ours')
  if (ours === undefined) return []
  const others = contenders.filter((contender) => contender !== ours)
  return measures.flatMap(({ name: measure }) =>
    others
      .map((other) => ({ against: other.name, median: other.summary[measure]!.median }))
      .filter(({ median }) => median > 0)
      .map(({ against, median }) => ({
        measure,
        ours: ours.name,
        against,
        ratio: ours.summary[measure]!.median / median,
      })),
  )
}

/** A goal against someone who was not there says nothing, and is left out. */
function goalsOf(
  one: Case,
  contenders: readonly ContenderReport[],
  ratios: readonly Ratio[],
): readonly GoalReport[] {
  return one.goals.flatMap((goal) => {
    const { measure, against } = goal
    const value =
      against === undefined
        ? contenders.find(({ role }) => role === 'ours')?.summary[measure]?.median
        : ratios.find((ratio) => ratio.measure === measure && ratio.against === against)?.ratio
    if (value === undefined) return []
    const higher = one.measures.find(({ name }) => name === measure)?.better === 'higher'
    const reaches = (bound: number | undefined): boolean | undefined =>
      bound === undefined ? undefined : higher ? value >= bound : value <= bound
    return [{ ...goal, value, floorHolds: reaches(goal.floor), aimReached: reaches(goal.aim) }]
  })
}

async function ending(round: Promise<Round>, title: string, withinMs: number): Promise<Round> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new CannotRun(`${title}: did not end within ${withinMs / 1000} s. Nothing was measured.`)),
      withinMs,
    )
  })
  try {
    return await Promise.race([round, late])
  } finally {
    clearTimeout(timer)
  }
}

let gc: ((options: { readonly type: 'minor' }) => void) | undefined

/**
 * So that nobody pays for the young garbage of whoever came before. No more than that: a full collection ends the objects of
 * the round before, and with them all machine code that was made for them (V8's "embedded weak objects cleared"). Each round
 * would then begin in the interpreter, as no worker in service does, and the longer code pays the more.
 */
function collectGarbage(): void {
  if (gc === undefined) {
    setFlagsFromString('--expose-gc')
    gc = runInNewContext('gc') as NonNullable<typeof gc>
  }
  gc({ type: 'minor' })
}
