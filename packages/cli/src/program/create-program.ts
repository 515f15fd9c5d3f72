import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { addChaosCommands } from './chaos-commands.ts'
import { addQueueCommands } from './queue-commands.ts'
import { createDefiner } from './define-command.ts'
import { addTaskCommands } from './task-commands.ts'
import { addWorkerCommands } from './worker-commands.ts'
import { addWorkflowCommands } from './workflow-commands.ts'

const EPILOG = `
Where the tasks are, in this order: --broker, BANANAS_URL, bananas.config.{ts,mts,mjs,js,json} here or in a folder above.

Examples:
  $ bananas worker -v
  $ bananas enqueue image.resize '{"url":"https://example.org/a.png","width":300}' --wait
  $ bananas queues --broker redis://localhost:6379
  $ bananas dead list images && bananas dead redrive images

Environment: BANANAS_URL, BANANAS_CONFIG, BANANAS_NAMESPACE, BANANAS_QUEUES, BANANAS_CONCURRENCY,
  BANANAS_SECRET (or BANANAS_SECRET_FILE), NO_COLOR, FORCE_COLOR

Exit codes: 0 done, 1 failed or nothing found, 2 wrong usage or config, 3 broker unreachable, 4 wait timed out,
  130 interrupted, 143 terminated`

/** The whole command line, without any of the work: that is imported by the command that needs it. */
export function createProgram(onExit: (code: number) => void): Command {
  const program = new Command('bananas')
  program
    .description('A task queue for Node.js on the broker you already have.')
    .version(ownVersion(), '-V, --version', 'print the version')
    .option('-c, --config <file>', 'config file (default: the nearest bananas.config.*)')
    .option('-b, --broker <url>', 'sqlite:./bananas.db, redis://host:6379, memory:')
    .option('--namespace <name>', 'application on a shared store, with --broker')
    .option('--json', 'one JSON object per line, errors too')
    .option('-v, --verbose', 'more detail, stacks of errors, events of the worker')
    .addHelpText('after', EPILOG)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: () => {} })
    .exitOverride()
  const definer = createDefiner(program, onExit)
  addTaskCommands(definer)
  addQueueCommands(definer)
  addWorkerCommands(definer)
  addWorkflowCommands(definer)
  addChaosCommands(definer)
  return program
}

function ownVersion(): string {
  // As source and as bundle alike, package.json lies above.
  for (const path of ['../package.json', '../../package.json']) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as {
        name: string
        version: string
      }
      if (name === '@bananasjs/cli') return version
    } catch {
      // The other place, then.
    }
  }
  return 'unknown'
}
