import { freePort } from '../../../../tests/free-port.ts'
import { endNaming, startRabbitmqProcess } from './rabbitmq-process.ts'
import type { RabbitmqProcess } from './rabbitmq-process.ts'

const NODES = 3
const PATIENCE_MS = 120_000

/** Three nodes on loopback: quorum queues have a replica on each. */
export interface RabbitmqCluster {
  readonly nodes: readonly RabbitmqProcess[]
  readonly urls: readonly string[]
  readonly stop: () => Promise<void>
}

export async function startRabbitmqCluster(): Promise<RabbitmqCluster> {
  const naming = await freePort()
  const nodes: RabbitmqProcess[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()))
    await endNaming(naming)
  }
  try {
    // One after the other only where they must: each takes seconds.
    const started = await Promise.allSettled(
      Array.from({ length: NODES }, () => startRabbitmqProcess({ naming })),
    )
    for (const outcome of started) if (outcome.status === 'fulfilled') nodes.push(outcome.value)
    for (const outcome of started) if (outcome.status === 'rejected') throw outcome.reason
    for (const node of nodes.slice(1)) await join(node, nodes[0]!)
  } catch (error) {
    await stop()
    throw error
  }
  return { nodes, urls: nodes.map(({ url }) => url), stop }
}

async function join(node: RabbitmqProcess, first: RabbitmqProcess): Promise<void> {
  await node.control('stop_app')
  await node.control('join_cluster', first.node)
  await node.control('start_app')
}

/** Kills the node that leads the queue, waits for another leader, and brings the node back. */
export async function killLeader(cluster: RabbitmqCluster, queue: string): Promise<void> {
  // Nobody leads for a moment where a node has just come back.
  const leader = await leaderThat(cluster.nodes[0]!, queue, (name) => name !== '')
  const killed = cluster.nodes.find(({ node }) => node === leader)
  const witness = cluster.nodes.find((node) => node !== killed)
  if (killed === undefined || witness === undefined)
    throw new Error(`"${queue}" has no leader here: ${leader}`)
  await killed.kill()
  await leaderThat(witness, queue, (name) => name !== '' && name !== leader)
  await killed.start()
}

async function leaderThat(
  node: RabbitmqProcess,
  queue: string,
  isFit: (leader: string) => boolean,
): Promise<string> {
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    const leader = await leaderOf(node, queue)
    if (isFit(leader)) return leader
    if (performance.now() > deadline) throw new Error(`"${queue}" got no leader in ${PATIENCE_MS} ms.`)
  }
}

async function leaderOf(node: RabbitmqProcess, queue: string): Promise<string> {
  const lines = (await node.control('list_queues', 'name', 'leader', '--quiet')).split('\n')
  return (
    lines
      .map((line) => line.split('\t'))
      .find(([name]) => name === queue)?.[1]
      ?.trim() ?? ''
  )
}
