import { collect } from './define-command.ts'
import type { Definer } from './define-command.ts'

/** What became of workflows, and what shall become of them. */
export function addWorkflowCommands(definer: Definer): void {
  const { define } = definer
  const parent = definer.group('workflow', 'look at, end and repair workflows: show, cancel, retry')
  define(
    {
      usage: 'show <id>',
      summary: 'the graph with the state of every step',
      examples: [
        'workflow show nightly-2026-02-01',
        'workflow show $ID --mermaid > graph.mmd',
        'workflow show $ID --json | jq ".nodes[] | select(.state == \\"failed\\")"',
      ],
      notes:
        'A step is "sent" until it ends, unless it reports progress. Exit code 1 when the workflow is unknown.',
      load: () => import('../commands/workflow-show.ts'),
    },
    parent,
  ).option('--mermaid', 'as a Mermaid flowchart')
  define(
    {
      usage: 'cancel <id>',
      summary: 'end a workflow: what has not started never will, what runs is aborted',
      examples: ['workflow cancel nightly-2026-02-01 --reason "wrong file"'],
      notes: 'Steps with a compensation are taken back. A workflow that has ended stays as it is.',
      load: () => import('../commands/workflow-cancel.ts'),
    },
    parent,
  ).option('--reason <text>', 'kept with the workflow')
  define(
    {
      usage: 'retry <id>',
      summary: 'run again what failed or never ran; what succeeded stays',
      examples: [
        'workflow retry nightly-2026-02-01',
        `workflow retry $ID --input 'fetch={"url":"https://example.org/b.csv"}'`,
      ],
      notes: 'A workflow that is still running is not retried: cancel it first.',
      load: () => import('../commands/workflow-retry.ts'),
    },
    parent,
  ).option(
    '--input <step=json>',
    'another input for a step that runs again, by name or id; repeatable',
    collect,
  )
}
