import { GenericContainer, getContainerRuntimeClient, Wait } from 'testcontainers'
import { findBinary, startRedisProcess } from './redis-process.ts'

export interface FoundServer {
  /** Shown in the titles of tests. */
  readonly name: string
  readonly url: string
  readonly stop: () => Promise<void>
}

const IMAGES = ['redis:8', 'valkey:8'] as const
/** As in production: without it a server declares less. */
const WITH_LOG = ['--appendonly', 'yes']

/**
 * The servers to test on: the one at BANANAS_REDIS_URL; or else a container of each image where a Docker engine
 * answers, and the server binary on the PATH.
 */
export async function findServers(): Promise<readonly FoundServer[]> {
  const address = process.env['BANANAS_REDIS_URL']
  if (address !== undefined)
    return [{ name: 'redis at BANANAS_REDIS_URL', url: address, stop: async () => undefined }]
  const servers: FoundServer[] = []
  if (await dockerAnswers()) servers.push(...(await Promise.all(IMAGES.map(startContainer))))
  const binary = await findBinary()
  if (binary !== undefined) {
    const { url, stop } = await startRedisProcess(WITH_LOG)
    servers.push({ name: `local ${binary}`, url, stop })
  }
  if (servers.length > 0) return servers
  throw new Error(
    'No Redis to test on. Set BANANAS_REDIS_URL, or start a Docker engine, or install one (apt-get install redis-server).',
  )
}

async function startContainer(image: string): Promise<FoundServer> {
  const container = await new GenericContainer(image)
    .withCommand(WITH_LOG)
    .withExposedPorts(6379)
    .withWaitStrategy(Wait.forListeningPorts())
    .start()
  return {
    name: image,
    url: `redis://${container.getHost()}:${container.getMappedPort(6379)}`,
    stop: async () => void (await container.stop()),
  }
}

function dockerAnswers(): Promise<boolean> {
  return getContainerRuntimeClient().then(
    () => true,
    () => false,
  )
}
