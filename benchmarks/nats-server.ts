import { jetstreamManager } from '@nats-io/jetstream'
import type { JetStreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { startNatsProcess } from '../packages/nats/test/brokers/nats-process.ts'
import { CannotRun } from './cannot-run.ts'

/** The server everyone is measured on. */
export interface NatsForBenchmarks {
  readonly url: string
  readonly facts: NatsFacts
  readonly streams: JetStreamManager['streams']
  readonly consumers: JetStreamManager['consumers']
  /** Removes these streams, whether they are there or not. */
  drop(streams: readonly string[]): Promise<void>
  close(): Promise<void>
}

export interface NatsFacts {
  readonly version: string
  readonly storage: 'file'
  readonly replicas: 1
  readonly startedHere: boolean
}

/**
 * The server at BANANAS_NATS_URL, else one of our own: `nats-server` from PATH on a free loopback port.
 * @throws CannotRun when there is neither
 */
export async function openNats(): Promise<NatsForBenchmarks> {
  const given = process.env['BANANAS_NATS_URL']
  if (given !== undefined) return connected(given, undefined)
  const server = await startNatsProcess().catch((cause: unknown) => {
    throw new CannotRun(
      'No NATS to measure: set BANANAS_NATS_URL=nats://host, or put a nats-server binary on PATH.',
      { cause },
    )
  })
  return connected(server.url, server.stop)
}

async function connected(url: string, stop: (() => Promise<void>) | undefined): Promise<NatsForBenchmarks> {
  const admin = await connect({ servers: url })
  const { streams, consumers } = await jetstreamManager(admin)
  return {
    url,
    facts: {
      version: admin.info?.version ?? 'unknown',
      storage: 'file',
      replicas: 1,
      startedHere: stop !== undefined,
    },
    streams,
    consumers,
    async drop(names) {
      const there = new Set(await streams.names().next())
      for (const name of names) if (there.has(name)) await streams.delete(name)
    },
    async close() {
      await admin.close()
      await stop?.()
    },
  }
}
