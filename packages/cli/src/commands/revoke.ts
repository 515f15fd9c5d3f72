import type { Context } from '../session/context.ts'
import { sanitize } from '../output/sanitize.ts'

/** Says of each task what it is now: one that was final already has not been touched. */
export async function action(
  { app, out }: Context,
  flags: { readonly reason?: string },
  ids: readonly string[],
): Promise<void> {
  await app.revoke(ids, flags.reason)
  for (const id of ids) {
    const { state } = await app.job(id).status()
    out.record(
      { id, state },
      () => `${sanitize(id)}  ${state === 'cancelled' ? 'cancelled' : `${state} already, left as it is`}`,
    )
  }
}
