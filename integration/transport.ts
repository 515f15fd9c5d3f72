import type { Transport } from '@bananasjs/core/contract'

/** A transport as text, so that it can be handed to a child process: `redis://…` or `sqlite:FILE`. Loads only what it names. */
export async function transportFor(url: string): Promise<Transport> {
  if (url.startsWith('sqlite:'))
    return (await import('@bananasjs/sqlite')).sqlite(url.slice('sqlite:'.length))
  return (await import('@bananasjs/redis')).redis(url)
}
