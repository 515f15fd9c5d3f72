import type { AmqpConnection, AmqpTable } from './rabbitmq-driver.ts'

/** What a server tells of itself when a client connects. */
export interface Server {
  readonly product: string
  readonly release: string
  /** [0, 0] when unknown. */
  readonly version: readonly [number, number]
  readonly cluster: string | undefined
}

export function serverOf(connection: AmqpConnection): Server {
  const { connection: inner } = connection as { connection?: { serverProperties?: AmqpTable } }
  const { product = 'unknown', version = 'unknown', cluster_name: cluster } = inner?.serverProperties ?? {}
  const release = String(version)
  const [major = 0, minor = 0] = release.split('.').map((part) => Number(part) || 0)
  return {
    product: String(product),
    release,
    version: [major, minor],
    cluster: typeof cluster === 'string' ? cluster : undefined,
  }
}
