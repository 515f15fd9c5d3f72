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
  const { username, password, token, driver } = options
  const urls = urlsOf(options).map((url) => new URL(url))
  const [first] = urls
  const login = {
    user: username ?? (first?.username === '' ? undefined : decodeURIComponent(first?.username ?? '')),
    pass: password ?? (first?.password === '' ? undefined : decodeURIComponent(first?.password ?? '')),
    token,
  }
  return natsConnect({
    servers: urls.map(({ hostname, port }) => `${hostname || '127.0.0.1'}:${port || '4222'}`),
    ...Object.fromEntries(Object.entries(login).filter(([, value]) => value !== undefined && value !== '')),
    ...(urls.some(({ protocol }) => protocol === 'tls:') && { tls: {} }),
    name: 'bananas',
    timeout: HANDSHAKE_MS,
    pingInterval: PING_MS,
    maxPingOut: 2,
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    noAsyncTraces: true,
    reconnectDelayHandler: reconnectDelay(),
    ...driver,
  })
}

/** How messages and errors name the server; never with the password. */
export function describeServer(options: NatsOptions): string {
  return urlsOf(options)
    .map((url) => new URL(url))
    .map(({ hostname, port }) => `${hostname || '127.0.0.1'}:${port || '4222'}`)
    .join(', ')
}

/** Exponential with full jitter on its upper half, so that a fleet does not come back in step. */
export function backoffMs(attempt: number): number {
  const ceiling = Math.min(FIRST_BACKOFF_MS * 2 ** Math.min(attempt, 10), LONGEST_BACKOFF_MS)
  return ceiling * (0.5 + systemRuntime.random() / 2)
}

/** The driver asks again and again while it is away; asked after a pause, it begins anew. */
function reconnectDelay(): () => number {
  let attempt = 0
  let askedAt = -Infinity
  return () => {
    const now = systemRuntime.monotonic()
    attempt = now - askedAt > 2 * LONGEST_BACKOFF_MS ? 0 : attempt + 1
    askedAt = now
    return backoffMs(attempt)
  }
}
