import { CliError } from '../cli-error.ts'
import { plural } from '../output/format.ts'
import { sanitize } from '../output/sanitize.ts'
import type { Context } from '../session/context.ts'
import { openWorkflow } from '../workflow/open-workflow.ts'

interface Flags {
  readonly input?: readonly string[]
}

export async function action(
  { app, out }: Context,
  flags: Flags,
  [id = '']: readonly string[],
): Promise<void> {
  const inputs = Object.fromEntries((flags.input ?? []).map(parseInput))
  const { run } = await openWorkflow(app, id)
  await run.retry({ inputs })
  const { retries } = await run.status()
  out.record({ id, retries }, () => `${sanitize(id)}  runs again, retried ${plural(retries, 'time')}`)
}

/** @throws CliError unless it is a name, an equals sign and JSON */
function parseInput(text: string): readonly [string, unknown] {
  const at = text.indexOf('=')
  if (at <= 0) throw new CliError(`--input must be step=json, not "${text}".`)
  try {
    return [text.slice(0, at), JSON.parse(text.slice(at + 1))]
  } catch (cause) {
    throw new CliError(
      `--input ${text.slice(0, at)}: the text after "=" is no JSON: ${(cause as Error).message}`,
      {
        cause,
      },
    )
  }
}
