import type { Mailbox, ResultRecord, Runtime } from '../contract/index.ts'
import { systemRuntime } from '../contract/index.ts'
import { ExpiringMap } from './memory-expiring-map.ts'
import { MemoryQueue } from './memory-queue.ts'

/** What stands in for the server: several transports on one store see the same queues, results and topics. */
export class MemoryStore {
  readonly runtime: Runtime
  readonly queues: Map<string, MemoryQueue> = new Map()
  readonly records: ExpiringMap<ResultRecord>
  readonly values: ExpiringMap<Uint8Array>
  readonly joins: ExpiringMap<Set<number>>
  readonly watchers: Map<string, Set<(record: ResultRecord) => void>> = new Map()
  readonly topics: Map<string, Set<Mailbox>> = new Map()

  constructor(runtime: Runtime) {
    this.runtime = runtime
    this.records = new ExpiringMap(runtime)
    this.values = new ExpiringMap(runtime)
    this.joins = new ExpiringMap(runtime)
  }

  queue(name: string): MemoryQueue {
    let queue = this.queues.get(name)
    if (queue === undefined) this.queues.set(name, (queue = new MemoryQueue(this.runtime)))
    return queue
  }
}

/** A store of its own, for transports that shall share one, or for looking at it again after a transport was closed. */
export function memoryStore(options: { readonly runtime?: Runtime | undefined } = {}): MemoryStore {
  return new MemoryStore(options.runtime ?? systemRuntime)
}
