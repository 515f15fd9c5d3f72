import { systemRuntime } from '@bananasjs/core/contract'
import { connect as natsConnect } from '@nats-io/transport-node'
import type { NatsDriver } from './nats-driver.ts'
import { urlsOf } from './nats-options.ts'
import type { NatsOptions } from './nats-options.ts'

const FIRST_BACKOFF_MS = 50
const LONGEST_BACKOFF_MS = 2000
/** How long a server may take to shake hands. */
const HANDSHAKE_MS = 5000
const PING_MS = 10_000

/** A connection that the driver makes anew for ever, whatever the server says. */
export async function connect(options: NatsOptions): Promise<NatsDriver> {
  const urls = urlsOf(options).map((url) => new URL(url))
  const delay = new ReconnectDelay()
  const connection = await natsConnect({
    servers: urls.map(hostOf),
    ...loginOf(options, urls),
    ...(urls.some(({ protocol }) => protocol === 'tls:') && { tls: {} }),
    name: 'bananas',
    timeout: HANDSHAKE_MS,
    pingInterval: PING_MS,
    maxPingOut: 2,
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    noAsyncTraces: true,
    reconnectDelayHandler: () => delay.next(),
    ...options.driver,
  })
  void delay.follow(connection)
  return connection
}

/** How messages and errors name the server; never with the password. */
export function describeServer(options: NatsOptions): string {
  return urlsOf(options)
    .map((url) => hostOf(new URL(url)))
    .join(', ')
}

function hostOf({ hostname, port }: URL): string {
  return `${hostname || '127.0.0.1'}:${port || '4222'}`
}

/** The options go before the url. */
function loginOf(
  { username, password, token }: NatsOptions,
  [url]: readonly URL[],
): Readonly<Record<string, string>> {
  const login = {
    user: username ?? decodeURIComponent(url?.username ?? ''),
    pass: password ?? decodeURIComponent(url?.password ?? ''),
    token: token ?? '',
  }
  return Object.fromEntries(Object.entries(login).filter(([, value]) => value !== ''))
}

/** On its upper half, so that a fleet does not come back in step. */
function jittered(ceilingMs: number): number {
  return ceilingMs * (0.5 + systemRuntime.random() / 2)
}

/** The longer it is away, the longer the pauses. The driver asks while it waits, too, so its questions are not counted. */
class ReconnectDelay {
  #awaySince: number | undefined

  next(): number {
    const awayMs = systemRuntime.monotonic() - (this.#awaySince ?? Infinity)
    return jittered(Math.min(Math.max(awayMs, FIRST_BACKOFF_MS), LONGEST_BACKOFF_MS))
  }

  async follow(driver: NatsDriver): Promise<void> {
    for await (const { type } of driver.status()) {
      if (type === 'disconnect') this.#awaySince = systemRuntime.monotonic()
      else if (type === 'reconnect') this.#awaySince = undefined
    }
  }
}
