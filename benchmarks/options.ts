import { parseArgs } from 'node:util'
import { CannotRun } from './cannot-run.ts'

export interface BenchOptions {
  readonly suite: string
  readonly json: boolean
  /** Write the document to benchmarks/results/<suite>.json as well. */
  readonly save: boolean
  /** In place of each case's own number. */
  readonly rounds: number | undefined
  /** In place of each case's own number. */
  readonly tasks: number | undefined
  readonly only: string | undefined
}

/** @throws CannotRun naming the argument and what it should be */
export function parseOptions(argv: readonly string[], suites: readonly string[]): BenchOptions {
  const { values, positionals } = parsed(argv)
  const [suite, ...rest] = positionals
  if (suite === undefined || !suites.includes(suite) || rest.length > 0)
    throw new CannotRun(
      `Say which suite: ${suites.join(', ')}; not ${JSON.stringify(positionals.join(' '))}.`,
    )
  return {
    suite,
    json: values.json,
    save: values.save,
    rounds: count(values.rounds, '--rounds'),
    tasks: count(values.tasks, '--tasks'),
    only: values.only,
  }
}

function count(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= 1) return value
  throw new CannotRun(`${option} must be a whole number of at least 1, not ${JSON.stringify(text)}.`)
}

const OPTIONS = {
  json: { type: 'boolean', default: false },
  save: { type: 'boolean', default: false },
  rounds: { type: 'string' },
  tasks: { type: 'string' },
  only: { type: 'string' },
} as const

type Parsed = ReturnType<typeof parseArgs<{ options: typeof OPTIONS; allowPositionals: true }>>

function parsed(argv: readonly string[]): Parsed {
  try {
    return parseArgs({ args: [...argv], allowPositionals: true, options: OPTIONS })
  } catch (error) {
    throw new CannotRun((error as Error).message)
  }
}
