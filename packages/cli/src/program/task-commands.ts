import { collect, wholeNumber } from './define-command.ts'
import type { Definer } from './define-command.ts'

/** Sending tasks and asking what became of them. */
export function addTaskCommands(definer: Definer): void {
  const { define } = definer
  addEnqueue(definer)
  define({
    usage: 'results <ids...>',
    summary: 'what became of tasks: state, value, error, progress and logs',
    examples: [
      'results 019a4f2e-7d41-7c3a-9d0f-3f1b7c7e2a10',
      'results $ID --wait-for 1m',
      'results $ID --json | jq .value',
    ],
    notes: 'Exit code: 1 when a task is unknown, or with --wait has failed; 4 when the wait is over.',
    load: () => import('../commands/results.ts'),
  })
    .option('--wait', 'until each is final, 5 minutes at most')
    .option('--wait-for <duration>', 'the same, at most so long')
  define({
    usage: 'revoke <ids...>',
    summary: 'cancel tasks: waiting ones never start, running ones are aborted',
    examples: ['revoke 019a4f2e-7d41-7c3a-9d0f-3f1b7c7e2a10 --reason "wrong input"'],
    notes: 'A task that is final already stays as it is.',
    load: () => import('../commands/revoke.ts'),
  }).option('--reason <text>', 'kept with the task')
}

function addEnqueue({ define }: Definer): void {
  define({
    usage: 'enqueue <task> [payload]',
    summary: 'send a task; prints its id',
    examples: [
      `enqueue image.resize '{"url":"https://example.org/a.png","width":300}'`,
      'enqueue report.build --delay 5m --priority 90',
      'enqueue mail.send --wait-for 30s - < mail.json',
      `enqueue account.sync '{"account":7}' --unique-key account-7 --unique-for 1h`,
    ],
    notes: 'The payload is JSON; "-" reads it from standard input, and without one the task gets none.',
    traits: { creates: true },
    load: () => import('../commands/enqueue.ts'),
  })
    .option('-q, --queue <name>', "in place of the task's own queue")
    .option('--delay <duration>', 'not before then: 30s, 5m, 1h 30m')
    .option('--expires <duration>', 'not started after then')
    .option('--priority <0-100>', '100 is first', wholeNumber(0))
    .option('--id <id>', 'your own id')
    .option('--unique', 'only once at a time, by payload')
    .option('--unique-key <key>', 'the same, by this key')
    .option('--unique-for <duration>', 'how long the key holds')
    .option('--header <name=value>', 'travels with the task; repeatable', collect)
    .option('--count <n>', 'the same task several times', wholeNumber(1))
    .option('--wait', 'for the result, 5 minutes at most')
    .option('--wait-for <duration>', 'the same, at most so long')
    .option('--any-task', 'also a task the config does not declare')
}
