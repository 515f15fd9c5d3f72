import { wholeNumber } from './define-command.ts'
import type { Definer } from './define-command.ts'

/** Running workers, and looking at those that run. */
export function addWorkerCommands({ define }: Definer): void {
  define({
    usage: 'worker',
    summary: "run tasks with the config's handlers until stopped",
    examples: [
      'worker',
      'worker --queues critical=6,default=3,low=1 --concurrency 50 -v',
      'worker --health 8080 --drain 1m',
    ],
    notes:
      'SIGTERM or SIGINT drains; a second one stops at once; a third ends the process.\n--health answers GET / with 200 and the state as JSON, or 503 when the worker is stalled or stopped.',
    traits: { creates: true, ownSignals: true },
    load: () => import('../commands/worker.ts'),
  })
    .option('-q, --queues <names>', 'comma-separated, with weights if you like: a=6,b=1')
    .option('--strict', 'earlier queues first, always')
    .option('-n, --concurrency <n>', 'handlers at once', wholeNumber(1))
    .option('--drain <duration>', 'how long a stop waits for running tasks')
    .option('--lease <duration>', 'how long a task belongs to a worker without a sign of life')
    .option('--health <[host:]port>', 'answer health checks over HTTP (host 127.0.0.1 unless given)')
  define({
    usage: 'ping',
    summary: 'do broker and workers answer, and how fast',
    examples: ['ping', 'ping --workers 3 --wait-for 2s'],
    notes: 'Exit code 1 when fewer workers answer than --workers asks for.',
    load: () => import('../commands/ping.ts'),
  })
    .option('--workers <n>', 'how many must answer', wholeNumber(0), 1)
    .option('--wait-for <duration>', 'answers of workers', '1s')
  define({
    usage: 'events',
    summary: 'what happens now, live, until stopped',
    examples: ['events', 'events --type task.failed --json', 'events --task image.resize --limit 10'],
    load: () => import('../commands/events.ts'),
  })
    .option('--type <prefix>', 'only events that start so: task., worker.online')
    .option('--task <name>', 'only of this task')
    .option('--limit <n>', 'end after so many', wholeNumber(1))
    .option('--for <duration>', 'end after so long')
  define({
    usage: 'doctor',
    summary: 'check broker, settings and workers, and say what to fix',
    examples: ['doctor', 'doctor --json | jq "select(.level != \\"ok\\")"'],
    notes: 'Exit code 1 when a check is an error; warnings alone leave it at 0.',
    traits: { connectsItself: true },
    load: () => import('../commands/doctor.ts'),
  })
}
