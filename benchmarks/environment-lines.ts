import type { Environment } from './environment.ts'
import { figure } from './figures.ts'

/** The environment in sentences, for the report and the README alike. */
export function environmentLines(environment: Environment): readonly string[] {
  const { at, cpu, cores, memoryGb, system, node, load, packages, redis, sqlite, rabbitmq, nats, sqs } =
    environment
  const lines = [
    `${at.slice(0, 10)}, ${cpu}, ${cores} cores, ${memoryGb} GB, ${system}, Node.js ${node}, load ${figure(load)} at the start`,
    Object.entries(packages)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
  ]
  if (redis !== undefined) {
    const { version, appendonly, appendfsync, save, startedHere } = redis
    lines.push(
      `Redis ${version} on ${startedHere ? 'loopback' : 'the given address'}: appendonly ${appendonly}, appendfsync ${appendfsync}, save ${JSON.stringify(save)}`,
    )
  }
  if (sqlite !== undefined) {
    const { version, journal, synchronous, fileSystem, fsyncMs } = sqlite
    lines.push(
      `SQLite ${version}: journal ${journal}, synchronous ${synchronous}, on ${fileSystem} where an fsync takes ${figure(fsyncMs)} ms`,
    )
  }
  if (rabbitmq !== undefined) {
    const { version, queues, startedHere } = rabbitmq
    lines.push(
      `RabbitMQ ${version} on ${startedHere ? 'loopback' : 'the given address'}: ${queues} queues, one node`,
    )
  }
  if (nats !== undefined) {
    const { version, storage, replicas, startedHere } = nats
    lines.push(
      `NATS ${version} on ${startedHere ? 'loopback' : 'the given address'}: JetStream, ${storage} storage, ${replicas} server`,
    )
  }
  if (sqs !== undefined)
    lines.push(
      `SQS: ${sqs.server}${sqs.startedHere ? ', an emulator in memory, in a process of its own on loopback' : ''}`,
    )
  return lines
}
