import { EXIT } from '../exit-codes.ts'
import { plural } from '../output/format.ts'
import { sanitize } from '../output/sanitize.ts'
import { confirm } from '../session/confirm.ts'
import type { ConfirmFlags } from '../session/confirm.ts'
import type { Context } from '../session/context.ts'

export interface SelectionFlags extends ConfirmFlags {
  readonly id?: readonly string[]
}

export interface DeadVerb {
  /** `Redrive` */
  readonly verb: string
  /** `Redrove` */
  readonly past: string
  /** Key of the count in the JSON record. */
  readonly key: string
  run(queue: string, selection: { readonly ids?: readonly string[] }): Promise<number>
}

/** Asks with the number at stake, then does it. Exit code 1 when declined, or when an id was not among the dead. */
export async function applyToDead(
  context: Context,
  flags: SelectionFlags,
  { queue, how }: { queue: string; how: DeadVerb },
): Promise<number> {
  const { out, where } = context
  const ids = flags.id === undefined ? undefined : [...new Set(flags.id)]
  const size = ids?.length ?? (await deadCount(context, queue))
  const question = `${how.verb} ${size === undefined ? 'all dead letters' : plural(size, 'dead letter')} of "${queue}" on ${where}?`
  if (size === 0) out.note(`There are no dead letters in "${sanitize(queue)}".`)
  else if (!(await confirm(context, flags, question))) return EXIT.failed
  const done = await how.run(queue, ids === undefined ? {} : { ids })
  out.record(
    { queue, [how.key]: done },
    () => `${how.past} ${plural(done, 'dead letter')} of "${sanitize(queue)}".`,
  )
  if (ids === undefined || done >= ids.length) return EXIT.done
  out.note(
    `Not found among the dead letters: ${ids.length - done} of ${ids.length}. See: bananas dead list ${sanitize(queue)}`,
  )
  return EXIT.failed
}

async function deadCount({ app: { queues, broker } }: Context, queue: string): Promise<number | undefined> {
  return broker.supports.inspect === 'none' ? undefined : (await queues.inspect(queue)).dead
}
