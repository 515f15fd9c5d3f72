import type { PluginHost } from '@bananasjs/core'

/** How many members of an open group are known to have been sent; a sender that begins again skips them. */
export async function readSent(host: PluginHost, flow: string): Promise<number> {
  const stored = await host.results!.swap(sentKey(host, flow), null, null, 0)
  return toCount(stored)
}

/** Only ever grows: of two senders of one group, the one that is behind changes nothing. */
// oxlint-disable-next-line max-params -- the count of a workflow, and for how long
export async function writeSent(
  host: PluginHost,
  flow: string,
  count: number,
  keepMs: number,
): Promise<void> {
  const next = Buffer.from(String(count))
  let stored = await host.results!.swap(sentKey(host, flow), null, next, keepMs)
  while (stored !== null && toCount(stored) < count)
    stored = await host.results!.swap(sentKey(host, flow), stored, next, keepMs)
}

function toCount(stored: Uint8Array | null): number {
  return stored === null ? 0 : Number(Buffer.from(stored).toString())
}

function sentKey({ namespace }: PluginHost, flow: string): string {
  return `${namespace}.workflow.${flow}.sent`
}
