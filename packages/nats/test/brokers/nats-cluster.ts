import { connect } from '@nats-io/transport-node'
import { freePort } from '../../../../tests/free-port.ts'
import { startNatsProcess } from './nats-process.ts'
import type { NatsProcess } from './nats-process.ts'

const NODES = 3
const STARTING_MS = 60_000

export interface NatsCluster {
  readonly urls: readonly string[]
  readonly processes: readonly NatsProcess[]
  /** Starts those that are late. */
  readonly complete: () => Promise<void>
  /** Who leads the stream, by its place among the processes; -1 for nobody. */
  readonly leaderOf: (stream: string) => Promise<number>
  readonly stop: () => Promise<void>
}

export interface NatsClusterOptions {
  /** How many of the three are not started yet. */
  readonly late?: number
}

/**
 * Three servers on loopback that keep streams together; resolves when a majority can. Not all three may have found
 * another by then, as in any cluster that has just started.
 */
export async function startNatsCluster({ late = 0 }: NatsClusterOptions = {}): Promise<NatsCluster> {
  const routes = await Promise.all(Array.from({ length: NODES }, () => freePort()))
  const start = (nodes: number[]): Promise<NatsProcess[]> =>
    Promise.all(nodes.map((index) => startNode(index, routes)))
  const nodes = routes.map((_, index) => index)
  const processes = await start(nodes.slice(0, NODES - late))
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
    async complete() {
      processes.push(...(await start(nodes.slice(processes.length))))
    },
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
