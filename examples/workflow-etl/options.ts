import { join, resolve } from 'node:path'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { Usage } from '../demo/usage.ts'

export interface EtlOptions {
  /** Files and folders, absolute. */
  readonly paths: readonly string[]
  readonly workers: number
  /** Forget an unfinished run. */
  readonly fresh: boolean
  /** Where the graph goes as Mermaid. */
  readonly mermaid: string | undefined
}

export const HELP = `Loads CSV files into an SQLite database: extract, transform and validate every file in parallel, load, report.

  pnpm example workflow-etl [folder or CSV files]      default: three small files beside this program

  --workers <n>      worker processes (2)
  --fresh            begin anew instead of carrying on an unfinished run
  --mermaid <file>   where to write the graph, as Mermaid
  --help

Stop it whenever you like, with Ctrl-C or by killing a process, and run it again: it carries on.
`

/** @throws Usage */
export function readOptions(argv: readonly string[]): EtlOptions | 'help' {
  const { values, positionals } = parsed(argv)
  if (values.help === true) return 'help'
  const paths = positionals.length === 0 ? [join(import.meta.dirname, 'sample')] : positionals
  return {
    paths: paths.map((path) => resolve(process.env['INIT_CWD'] ?? '.', path)),
    workers: workersOf(values.workers),
    fresh: values.fresh === true,
    mermaid:
      values.mermaid === undefined ? undefined : resolve(process.env['INIT_CWD'] ?? '.', values.mermaid),
  }
}

const FLAGS = {
  workers: { type: 'string' },
  fresh: { type: 'boolean' },
  mermaid: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

type Parsed = ReturnType<typeof parseArgs<{ options: typeof FLAGS; allowPositionals: true }>>

function parsed(argv: readonly string[]): Parsed {
  try {
    return parseArgs({ args: [...argv], allowPositionals: true, options: FLAGS })
  } catch (error) {
    throw new Usage(`${(error as Error).message} See --help.`)
  }
}

function workersOf(text = '2'): number {
  const workers = Number(text)
  const most = Math.max(16, 4 * availableParallelism())
  if (Number.isSafeInteger(workers) && workers >= 1 && workers <= most) return workers
  throw new Usage(`--workers must be a whole number from 1 to ${most}, not "${text}".`)
}
