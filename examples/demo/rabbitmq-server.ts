import { mkdirSync } from 'node:fs'
import { hasBinary, startRabbitmqProcess } from '../../packages/rabbitmq/test/brokers/rabbitmq-process.ts'
import type { DemoBroker } from './broker.ts'

/** `rabbitmq-server` from the PATH on a free port; `undefined` without one. A script starts it, with much to be told. */
export async function openRabbitmqBinary(folder: string): Promise<DemoBroker | undefined> {
  if (!(await hasBinary())) return undefined
  mkdirSync(folder, { recursive: true })
  const { url, port, stop } = await startRabbitmqProcess({ folder })
  return { url, where: `rabbitmq-server on port ${port}`, stop }
}
