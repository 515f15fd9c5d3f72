import { GenericContainer, getContainerRuntimeClient, Wait } from 'testcontainers'
import { hasBinary, startRabbitmqProcess } from './rabbitmq-process.ts'

export interface FoundServer {
  /** Shown in the titles of tests. */
  readonly name: string
  readonly url: string
  readonly stop: () => Promise<void>
}

const IMAGE = 'rabbitmq:4'

/**
 * The servers to test on: the one at BANANAS_RABBITMQ_URL; or else a container where a Docker engine answers, and the
 * server binary on the PATH.
 */
export async function findServers(): Promise<readonly FoundServer[]> {
  const address = process.env['BANANAS_RABBITMQ_URL']
  if (address !== undefined)
    return [{ name: 'rabbitmq at BANANAS_RABBITMQ_URL', url: address, stop: async () => undefined }]
  const servers: FoundServer[] = []
  if (await dockerAnswers()) servers.push(await startContainer())
  if (await hasBinary()) {
    const { url, stop } = await startRabbitmqProcess()
    servers.push({ name: 'local rabbitmq-server', url, stop })
  }
  if (servers.length > 0) return servers
  throw new Error(
    'No RabbitMQ to test on. Set BANANAS_RABBITMQ_URL, or start a Docker engine, or install one (apt-get install rabbitmq-server).',
  )
}

async function startContainer(): Promise<FoundServer> {
  const container = await new GenericContainer(IMAGE)
    .withExposedPorts(5672)
    .withWaitStrategy(Wait.forLogMessage(/Server startup complete/))
    .withStartupTimeout(120_000)
    .start()
  return {
    name: IMAGE,
    url: `amqp://guest:guest@${container.getHost()}:${container.getMappedPort(5672)}`,
    stop: async () => void (await container.stop()),
  }
}

function dockerAnswers(): Promise<boolean> {
  return getContainerRuntimeClient().then(
    () => true,
    () => false,
  )
}
