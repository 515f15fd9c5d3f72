import { GenericContainer, getContainerRuntimeClient, Wait } from 'testcontainers'
import { findBinary, startNatsProcess } from './nats-process.ts'

export interface FoundServer {
  /** Shown in the titles of tests. */
  readonly name: string
  readonly url: string
  readonly stop: () => Promise<void>
}

const IMAGE = 'nats:2.10'

/**
 * The servers to test on: the one at BANANAS_NATS_URL; or else a container where a Docker engine answers, and the server
 * binary on the PATH.
 */
export async function findServers(): Promise<readonly FoundServer[]> {
  const address = process.env['BANANAS_NATS_URL']
  if (address !== undefined)
    return [{ name: 'nats at BANANAS_NATS_URL', url: address, stop: async () => undefined }]
  const servers: FoundServer[] = []
  if (await dockerAnswers()) servers.push(await startContainer())
  const binary = await findBinary()
  if (binary !== undefined) {
    const { url, stop } = await startNatsProcess()
    servers.push({ name: `local ${binary}`, url, stop })
  }
  if (servers.length > 0) return servers
  throw new Error(
    'No NATS to test on. Set BANANAS_NATS_URL, or start a Docker engine, or install one (apt-get install nats-server).',
  )
}

async function startContainer(): Promise<FoundServer> {
  const container = await new GenericContainer(IMAGE)
    .withCommand(['nats-server', '-js', '-sd', '/data'])
    .withExposedPorts(4222)
    .withWaitStrategy(Wait.forListeningPorts())
    .start()
  return {
    name: IMAGE,
    url: `nats://${container.getHost()}:${container.getMappedPort(4222)}`,
    stop: async () => void (await container.stop()),
  }
}

function dockerAnswers(): Promise<boolean> {
  return getContainerRuntimeClient().then(
    () => true,
    () => false,
  )
}
