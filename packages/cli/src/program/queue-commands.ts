import { collect, wholeNumber } from './define-command.ts'
import type { Definer } from './define-command.ts'

const ASKS = 'Asks first; --yes answers. Without a terminal it refuses unless --yes is given.'

/** Looking into queues and tidying them up. */
export function addQueueCommands(definer: Definer): void {
  const { define } = definer
  define({
    usage: 'queues',
    summary: 'all queues with their counts',
    examples: ['queues', 'queues --json | jq -r "select(.dead > 0) | .queue"'],
    load: () => import('../commands/queues.ts'),
  })
  define({
    usage: 'inspect <queue>',
    summary: 'one queue: counts, the next tasks, the workers on it',
    examples: ['inspect images', 'inspect images --limit 50 --json'],
    notes: 'With --json: {"kind":"counts"}, then {"kind":"task"} and {"kind":"worker"} each on a line.',
    load: () => import('../commands/inspect.ts'),
  }).option('--limit <n>', 'how many of the next tasks', wholeNumber(0), 10)
  define({
    usage: 'purge <queue>',
    summary: 'throw away what waits in a queue (running and dead tasks stay)',
    examples: ['purge images', 'purge images --yes'],
    notes: ASKS,
    load: () => import('../commands/purge.ts'),
  }).option('-y, --yes', 'do not ask')
  addDead(definer)
}

function addDead({ define, group }: Definer): void {
  const parent = group('dead', 'dead letters, the tasks that were given up: list, redrive, drop')
  define(
    {
      usage: 'list <queue>',
      summary: 'dead letters of a queue, oldest first',
      examples: ['dead list images', 'dead list images --all --json', 'dead list images -v'],
      notes:
        'With more to come, the last JSON line is {"next":"…"}: pass it as --after. -v shows error chains.',
      load: () => import('../commands/dead-list.ts'),
    },
    parent,
  )
    .option('--limit <n>', 'how many', wholeNumber(1), 50)
    .option('--after <marker>', 'the next page')
    .option('--all', 'all pages')
  define(
    {
      usage: 'redrive <queue>',
      summary: 'put dead letters back as fresh tasks',
      examples: ['dead redrive images', 'dead redrive images --id $ID'],
      notes: ASKS,
      load: () => import('../commands/dead-redrive.ts'),
    },
    parent,
  )
    .option('--id <id>', 'only this one; repeatable', collect)
    .option('-y, --yes', 'do not ask')
  define(
    {
      usage: 'drop <queue>',
      summary: 'forget dead letters for good',
      examples: ['dead drop images', 'dead drop images --id $ID --yes'],
      notes: ASKS,
      load: () => import('../commands/dead-drop.ts'),
    },
    parent,
  )
    .option('--id <id>', 'only this one; repeatable', collect)
    .option('-y, --yes', 'do not ask')
}
