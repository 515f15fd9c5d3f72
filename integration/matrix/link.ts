import { tcpProxy } from '@bananasjs/chaos'
import type { Fault, Injection } from '@bananasjs/chaos'
import type { BrokerOnTrial } from './broker-on-trial.ts'

type Direction = 'up' | 'down'

/** What stands between clients and the broker. */
export interface Link {
  /** For clients, as `transportFor` reads it. */
  readonly url: string
  /** Closes all connections and turns new ones away. */
  cut(): void
  /** Each connection is reset after so many more bytes towards the server (`up`) or the client (`down`). */
  cutAfter(direction: Direction, bytes: number): void
  /** Bytes of this direction vanish; connections stay open. */
  silence(direction: Direction): void
  slow(fromMs: number, toMs: number): void
  heal(): Promise<void>
  close(): Promise<void>
}

/** Faults end by themselves, should a trial forget them. */
const FOR_MS = 60_000

/** A proxy where the broker has one address; else a plain way to it that cannot be hurt. */
export async function openLink({ url, address }: BrokerOnTrial): Promise<Link> {
  if (address === undefined) {
    const nothing = async (): Promise<void> => undefined
    return {
      url,
      cut: refuse,
      cutAfter: refuse,
      silence: refuse,
      slow: refuse,
      heal: nothing,
      close: nothing,
    }
  }
  const proxy = await tcpProxy({ upstream: address })
  const armed: Injection[] = []
  const arm = (fault: Fault): void => void armed.push(proxy.arm(fault, { forMs: FOR_MS }))
  return {
    url: url.replace(`:${address.port}`, `:${proxy.port}`),
    cut: () => arm({ kind: 'link.cut' }),
    cutAfter: (direction, bytes) => arm({ kind: 'link.cut-after', direction, bytes }),
    silence: (direction) => arm({ kind: 'link.black-hole', direction }),
    slow: (from, to) => arm({ kind: 'link.latency', by: { from, to } }),
    heal: async () => void (await Promise.all(armed.splice(0).map((fault) => fault.disarm()))),
    close: () => proxy.close(),
  }
}

function refuse(): never {
  throw new Error('There is no single address between clients and this broker.')
}
