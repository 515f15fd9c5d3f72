import { sanitize } from '../output/sanitize.ts'
import type { Context } from '../session/context.ts'
import { openWorkflow } from '../workflow/open-workflow.ts'

export async function action(
  { app, out }: Context,
  flags: { readonly reason?: string },
  [id = '']: readonly string[],
): Promise<void> {
  const { run } = await openWorkflow(app, id)
  const cancelled = await run.cancel(flags.reason)
  const { state } = await run.status()
  out.record(
    { id, state, cancelled },
    () => `${sanitize(id)}  ${cancelled ? 'is being cancelled' : `${state} already, left as it is`}`,
  )
}
