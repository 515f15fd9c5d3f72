import { realpathSync, statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { BROKERS } from './broker.ts'
import { Usage } from './usage.ts'

export interface DemoOptions {
  readonly folder: string
  /** One of `BROKERS`. */
  readonly broker: string
  readonly workers: number
  /** Forget an unfinished run. */
  readonly fresh: boolean
  readonly all: boolean
  /** Where the page goes; by default beside the state of the run. */
  readonly html: string | undefined
  readonly colour: boolean
}

export const HELP = `Measures every file of a folder with durable tasks, on SQLite unless told otherwise, and two worker processes.

  pnpm demo [folder]      default: this repository

  --broker <name> sqlite (default), redis, rabbitmq, nats or sqs; found by its address in the environment
                  (BANANAS_REDIS_URL …), in a Docker container, or as a server on the PATH
  --workers <n>   worker processes (2)
  --all           also .git and node_modules
  --fresh         begin anew instead of carrying on an unfinished run
  --html <file>   where to write the page
  --no-colour     plain text
  --help

Stop it whenever you like, with Ctrl-C or by killing a process, and run it again: it carries on.
`

/** @throws Usage */
export function readOptions(argv: readonly string[], isTerminal: boolean): DemoOptions | 'help' {
  const { values, positionals } = parsed(argv)
  if (values.help === true) return 'help'
  if (positionals.length > 1)
    throw new Usage(`One folder, please, not ${positionals.length}: ${positionals.join(', ')}.`)
  return {
    folder: folderOf(positionals[0] ?? join(import.meta.dirname, '../..')),
    broker: brokerOf(values.broker),
    workers: workersOf(values.workers),
    fresh: values.fresh === true,
    all: values.all === true,
    html: values.html === undefined ? undefined : resolve(values.html),
    colour: isTerminal && values['no-colour'] !== true && (process.env['NO_COLOR'] ?? '') === '',
  }
}

const FLAGS = {
  broker: { type: 'string' },
  workers: { type: 'string' },
  all: { type: 'boolean' },
  fresh: { type: 'boolean' },
  html: { type: 'string' },
  'no-colour': { type: 'boolean' },
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

function folderOf(text: string): string {
  try {
    const folder = realpathSync(resolve(text))
    if (statSync(folder).isDirectory()) return folder
  } catch (error) {
    throw new Usage(
      `The folder ${resolve(text)} cannot be opened (${(error as { code?: string }).code ?? 'unknown'}).`,
    )
  }
  throw new Usage(`${resolve(text)} is not a folder.`)
}

function brokerOf(text = 'sqlite'): string {
  if (BROKERS.includes(text)) return text
  throw new Usage(`--broker must be one of ${BROKERS.join(', ')}, not "${text}".`)
}

function workersOf(text = '2'): number {
  const workers = Number(text)
  const most = Math.max(16, 4 * availableParallelism())
  if (Number.isSafeInteger(workers) && workers >= 1 && workers <= most) return workers
  throw new Usage(`--workers must be a whole number from 1 to ${most}, not "${text}".`)
}
