import { connect as amqpConnect } from 'amqplib'
import type { AmqpConnection } from './rabbitmq-driver.ts'
import { gatherWrites } from './rabbitmq-gather.ts'
import { urlsOf } from './rabbitmq-options.ts'
import type { RabbitmqOptions } from './rabbitmq-options.ts'

/** How long a server may take to shake hands. */
const HANDSHAKE_MS = 10_000

/** Connects to each node in turn: the first call to the first, the next call to the one after it. */
export function connector(options: RabbitmqOptions, name: string): () => Promise<AmqpConnection> {
  const addresses = urlsOf(options).map((url) => addressOf(url, options))
  const { clientProperties, ...driver } = options.driver ?? {}
  let attempts = 0
  return async () => {
    const address = addresses[attempts % addresses.length]!
    attempts += 1
    const connection = (await amqpConnect(address, {
      noDelay: true,
      keepAlive: true,
      timeout: HANDSHAKE_MS,
      clientProperties: { connection_name: name, ...(clientProperties as object | undefined) },
      ...driver,
    })) as AmqpConnection
    gatherWrites(connection)
    return connection
  }
}

/** How messages and errors name the server; never with the password. */
export function describeServer(options: RabbitmqOptions): string {
  const nodes = urlsOf(options).map((url) => {
    const { hostname, port, protocol, pathname } = new URL(url)
    const vhost = options.vhost === undefined ? pathname : `/${options.vhost}`
    return `${hostname || '127.0.0.1'}:${port || (protocol === 'amqps:' ? '5671' : '5672')}${vhost === '/' ? '' : vhost}`
  })
  return nodes.join(', ')
}

function addressOf(
  url: string,
  { username, password, vhost, heartbeatMs = 10_000 }: RabbitmqOptions,
): string {
  const address = new URL(url)
  if (username !== undefined) address.username = encodeURIComponent(username)
  if (password !== undefined) address.password = encodeURIComponent(password)
  if (vhost !== undefined) address.pathname = `/${encodeURIComponent(vhost)}`
  if (address.pathname === '/') address.pathname = ''
  if (!address.searchParams.has('heartbeat')) {
    address.searchParams.set('heartbeat', String(Math.ceil(heartbeatMs / 1000)))
  }
  return address.href
}
