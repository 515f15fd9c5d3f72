import type { Command } from 'commander'
import { wholeNumber } from './define-command.ts'
import type { Definer } from './define-command.ts'

const FILES =
  'FILE is YAML or JSON, or a module whose default export is an experiment; or a name of "bananas chaos list".'
const PLACE = 'Tasks of the experiment live in a namespace of their own beside those of your application.'

/** Breaking things on purpose, and judging what holds. */
export function addChaosCommands(definer: Definer): void {
  const parent = definer.group('chaos', 'break things on purpose: run, plan, list, stop, compare')
  addRun(definer, parent)
  addPlan(definer, parent)
  addRest(definer, parent)
}

function addRun({ define }: Definer, parent: Command): void {
  const run = define(
    {
      usage: 'run <file>',
      summary: 'run an experiment and write its report',
      examples: [
        'chaos run failing-tasks --allow',
        'chaos run chaos/outage.yaml --report ./report --audit chaos.log',
        'chaos run nightly.yaml --baseline last/report.json --json',
      ],
      notes: `${FILES}\n${PLACE}\nNothing runs unless it is allowed: --allow or BANANAS_CHAOS=allow. SIGINT, SIGTERM and SIGUSR2 end it and undo every fault.\nExit code: 0 when everything held, 1 for deviated, inconclusive and aborted runs, and when --baseline was better.`,
      traits: { plain: true, ownSignals: true },
      load: () => import('../commands/chaos-run.ts'),
    },
    parent,
  )
  onStage(run)
    .option('--allow', 'in place of BANANAS_CHAOS=allow')
    .option('--report <folder>', 'where the report goes', './chaos-report')
    .option('--audit <file>', 'append everything that was done to this file')
    .option('--baseline <report.json>', 'fail when this earlier run was better')
}

function addPlan({ define }: Definer, parent: Command): void {
  const plan = define(
    {
      usage: 'plan <file>',
      summary: 'say exactly what would be hit, and hit nothing',
      examples: ['chaos plan bad-day', 'chaos plan chaos/outage.yaml --json'],
      notes: `${FILES}\nExit code 1 when a fault would hit nothing, or the experiment would be refused here.`,
      traits: { plain: true },
      load: () => import('../commands/chaos-plan.ts'),
    },
    parent,
  )
  onStage(plan).option('--allow', 'as with run')
}

function addRest({ define }: Definer, parent: Command): void {
  define(
    {
      usage: 'list',
      summary: 'experiments that are ready to run; with --faults, what can be broken',
      examples: ['chaos list', 'chaos list --faults --json'],
      traits: { plain: true },
      load: () => import('../commands/chaos-list.ts'),
    },
    parent,
  ).option('--faults', 'every fault with its fields')
  define(
    {
      usage: 'stop',
      summary: 'end the experiments that run on this broker; their faults are undone',
      examples: ['chaos stop --reason "the shop is slow"'],
      notes: 'Needs a broker with a channel. Nobody need be there: it is said once, to whoever listens.',
      traits: { plain: true },
      load: () => import('../commands/chaos-stop.ts'),
    },
    parent,
  ).option('--reason <text>', 'stands in the report', 'by hand')
  define(
    {
      usage: 'compare <before> <after>',
      summary: 'compare two reports; exit code 1 when the later run is worse',
      examples: ['chaos compare last/report.json chaos-report/report.json --slower 2'],
      traits: { plain: true },
      load: () => import('../commands/chaos-compare.ts'),
    },
    parent,
  ).option('--slower <factor>', 'by which times may grow', '1.5')
}

function onStage(command: Command): Command {
  return command.option('--workers <n>', 'workers of the group under fault', wholeNumber(1), 4)
}
