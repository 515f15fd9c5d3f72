import { sanitize } from '../output/sanitize.ts'
import type { Context } from '../session/context.ts'
import { openWorkflow } from '../workflow/open-workflow.ts'

interface Flags {
  readonly mermaid?: boolean
}

export async function action(
  { app, out }: Context,
  flags: Flags,
  [id = '']: readonly string[],
): Promise<void> {
  const { status, draw } = await openWorkflow(app, id)
  if (flags.mermaid !== true) return out.record(status, () => draw.outline(status).map(sanitize))
  const mermaid = draw.mermaid(status)
  out.record({ id, mermaid }, () => mermaid.trimEnd().split('\n').map(sanitize))
}
