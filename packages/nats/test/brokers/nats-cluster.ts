import { connect } from '@nats-io/transport-node'
import { freePort } from '../../../../tests/free-port.ts'
import { startNatsProcess } from './nats-process.ts'
import type { NatsProcess } from './nats-process.ts'

const NODES = 3
const STARTING_MS = 60_000

export interface NatsCluster {
  readonly urls: readonly string[]
  readonly processes: readonly NatsProcess[]
  /** Who leads the stream, by its place among the processes; -1 for nobody. */
  readonly leaderOf: (stream: string) => Promise<number>
  readonly stop: () => Promise<void>
}

/** Three servers on loopback that keep streams together; resolves when they can. */
export async function startNatsCluster(): Promise<NatsCluster> {
  const routes = await Promise.all(Array.from({ length: NODES }, () => freePort()))
  const processes = await Promise.all(routes.map((_, index) => startNode(index, routes)))
  const urls = processes.map(({ url }) => url)
  const stop = async (): Promise<void> => {
    await Promise.all(processes.map((process) => process.stop()))
  }
  try {
    await until('the cluster keeps streams', async () => (await api(urls, 'INFO')) !== undefined)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    urls,
    processes,
    async leaderOf(stream) {
      const info = await api<{ cluster?: { leader?: string } }>(urls, `STREAM.INFO.${stream}`)
      return Number(/^node(\d)$/.exec(info?.cluster?.leader ?? '')?.[1] ?? -1)
    },
    stop,
  }
}

function startNode(index: number, routes: readonly number[]): Promise<NatsProcess> {
  const others = routes.map((port) => `nats-route://127.0.0.1:${port}`)
  return startNatsProcess({
    config: [
      `server_name: node${index}`,
      `jetstream { store_dir: "$FOLDER/data" }`,
      `cluster { name: bananas, listen: "127.0.0.1:${routes[index]}", routes: [${others.join(', ')}] }`,
    ],
  })
}

/** One answer without an error, from whichever server is up. */
async function api<T>(urls: readonly string[], path: string): Promise<T | undefined> {
  try {
    const connection = await connect({ servers: [...urls], timeout: 2000, maxReconnectAttempts: 0 })
    try {
      const answer = await connection.request(`$JS.API.${path}`, '', { timeout: 2000 })
      const parsed = answer.json<T & { readonly error?: unknown }>()
      return parsed.error === undefined ? parsed : undefined
    } finally {
      await connection.close()
    }
  } catch {
    return undefined
  }
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + STARTING_MS
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited ${STARTING_MS} ms in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
