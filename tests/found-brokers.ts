import { spawnSync } from 'node:child_process'

interface BrokerNeeds {
  /** As people know it. */
  readonly title: string
  /** Environment variable with the address of a server. */
  readonly address: string
  /** Server binaries, any of which will do. */
  readonly binaries: readonly string[]
  /** The tests that any server serves. */
  readonly onAny: readonly string[]
  /** The tests that start, kill and freeze a server of their own. */
  readonly onOwn: readonly string[]
}

const NEEDS: readonly BrokerNeeds[] = [
  {
    title: 'Redis',
    address: 'BANANAS_REDIS_URL',
    binaries: ['redis-server', 'valkey-server'],
    onAny: ['packages/redis/test/conformance.test.ts'],
    onOwn: [
      'packages/redis/test/conformance-cluster.test.ts',
      'packages/redis/test/brokers/**',
      'packages/cli/test/brokers/**',
      'packages/workflow/test/brokers/**',
      'packages/sqs/test/brokers/with-redis.test.ts',
    ],
  },
  {
    title: 'RabbitMQ',
    address: 'BANANAS_RABBITMQ_URL',
    binaries: ['rabbitmq-server'],
    onAny: ['packages/rabbitmq/test/conformance.test.ts'],
    onOwn: ['packages/rabbitmq/test/brokers/**', 'packages/cli/test/brokers/rabbitmq.test.ts'],
  },
  {
    title: 'NATS',
    address: 'BANANAS_NATS_URL',
    binaries: ['nats-server'],
    onAny: ['packages/nats/test/conformance.test.ts'],
    onOwn: ['packages/nats/test/brokers/**', 'packages/cli/test/brokers/nats.test.ts'],
  },
]

export interface Missing {
  /** Patterns of test files that cannot run here. */
  readonly files: readonly string[]
  /** What is left out, and what to do about it. */
  readonly notes: readonly string[]
}

/**
 * Which tests this machine has no broker for. Brokers are found by an address in the environment, a Docker engine, or a
 * binary on the PATH, in this order. In CI nothing is left out: a missing broker fails there.
 */
export function missingBrokers(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  runs: (command: string, args: readonly string[]) => boolean = runsHere,
): Missing {
  if (environment['CI'] !== undefined) return { files: [], notes: [] }
  const docker = runs('docker', ['info'])
  const files: string[] = []
  const notes: string[] = []
  for (const { title, address, binaries, onAny, onOwn } of NEEDS) {
    if (binaries.some((binary) => runs('sh', ['-c', `command -v ${binary}`]))) continue
    const onSomeServer = docker || environment[address] !== undefined
    files.push(...(onSomeServer ? onOwn : [...onAny, ...onOwn]))
    notes.push(
      `${title}: ${onSomeServer ? 'tests that kill a server are' : 'no server found, its tests are'} left out. ` +
        `To run them, put ${binaries[0]} on the PATH${onSomeServer ? '' : `, or start Docker, or set ${address}`}.`,
    )
  }
  return { files, notes }
}

function runsHere(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore', timeout: 10_000 }).status === 0
}
