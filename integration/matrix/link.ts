import type { BrokerOnTrial } from './broker-on-trial.ts'

type Direction = 'up' | 'down'

/** What stands between clients and the broker. */
export interface Link {
  /** For clients, as `transportFor` reads it. */
  readonly url: string
  /** Resets all connections and refuses new ones. */
  cut(): void
  /** Each connection is reset after so many more bytes towards the server (`up`) or the client (`down`). */
  cutAfter(direction: Direction, bytes: number): void
  /** Bytes of this direction vanish; connections stay open. */
  silence(direction: Direction): void
  slow(latencyMs: number, jitterMs: number): void
  heal(): void
  close(): Promise<void>
}

export async function openLink({ url }: BrokerOnTrial): Promise<Link> {
  return {
    url,
    cut,
    cutAfter: cut,
    silence: cut,
    slow: cut,
    heal: () => undefined,
    close: async () => undefined,
  }
}

function cut(): never {
  throw new Error('There is no network between clients and this broker.')
}
