import { loadTransport } from '../broker/load-transport.ts'
import { loadChaos } from '../chaos/load-chaos.ts'
import { CliError } from '../cli-error.ts'
import type { PlainContext } from '../session/context.ts'
import { readSettings } from '../session/settings.ts'
import type { GlobalFlags } from '../session/settings.ts'

/** Where `chaos run` listens unless a program says otherwise. */
const NAMESPACE = 'bananas-chaos'

export async function action(
  context: PlainContext,
  flags: GlobalFlags & { readonly reason: string },
): Promise<void> {
  const { out } = context
  const { address } = await readSettings(flags, context)
  if (address === undefined) throw new CliError('Say where the experiment runs: pass --broker.')
  const { stopExperiments } = await loadChaos()
  const { broker, channel, results } = await loadTransport(address, false)
  try {
    if (channel === undefined)
      throw new CliError(
        `${broker.name} has no channel. Send SIGUSR2 to the process of the experiment instead.`,
      )
    await channel.open()
    await stopExperiments(channel, flags.namespace ?? NAMESPACE, flags.reason)
    out.record({ stopped: true, reason: flags.reason }, () => 'Told every experiment on this broker to stop.')
  } finally {
    await Promise.all([broker.close(), channel?.close(), results?.close()])
  }
}
