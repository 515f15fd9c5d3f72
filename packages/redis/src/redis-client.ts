import { QueueError } from '@bananasjs/core/contract'
import type { ConnectionNotice, Durability } from '@bananasjs/core/contract'
import { connect, describeServer } from './redis-connect.ts'
import type { Argument, RedisDriver } from './redis-driver.ts'
import { queuesKey } from './redis-keys.ts'
import { RedisLink } from './redis-link.ts'
import type { Settings } from './redis-options.ts'
import type { Script } from './redis-script.ts'
import { parseServer } from './redis-server.ts'
import type { Server } from './redis-server.ts'
import { RedisSubscriber } from './redis-subscriber.ts'

const OLDEST: readonly [number, number] = [6, 2]
/** Joins, facts and results are spread over a cluster; elsewhere spreading would only cost. */
const CLUSTER_SHARDS = 16

/** The connections that broker, results and channel share. Nothing is opened before the first use. */
export class RedisClient {
  readonly settings: Settings
  readonly where: string
  readonly main: RedisLink
  readonly subscriber: RedisSubscriber
  readonly shards: number
  readonly #known = new Set<string>()
  #server: Server | undefined
  #opening: Promise<Server> | undefined
  #tenants = 0

  constructor(settings: Settings) {
    this.settings = settings
    this.where = settings.given === undefined ? describeServer(settings.connection) : 'the handed-in client'
    this.main = this.#link(settings.given ?? connect(settings.connection), settings.given === undefined)
    this.shards = isCluster(this.main.driver) ? CLUSTER_SHARDS : 1
    this.subscriber = new RedisSubscriber(() => this.newLink())
    this.main.onNotice(({ kind }) => {
      if (kind === 'connected') this.#known.clear() // the server behind the address may be another one
    })
  }

  get prefix(): string {
    return this.settings.prefix
  }

  /** What a write survives, as far as the server was asked already. */
  get durability(): Durability {
    return this.#server?.appendOnly === false ? 'memory' : 'process'
  }

  /** Connects, and checks once what kind of server it is. @throws QueueError CONNECTION_LOST, DENIED, UNSUPPORTED */
  async open(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (this.#server !== undefined) {
      if (!this.main.ready) await this.main.open(signal)
      return
    }
    await this.main.open(signal)
    this.#opening ??= this.#look().finally(() => (this.#opening = undefined))
    this.#server = await this.#opening
  }

  run(script: Script, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    return this.main.run(script, keys, args)
  }

  async call(command: string, ...args: Argument[]): Promise<unknown> {
    try {
      return await this.main.call(command, args)
    } catch (error) {
      throw this.main.explain(error)
    }
  }

  /** A connection of one's own, for commands that block. Close it. */
  newLink(): RedisLink {
    return this.#link(this.main.driver.duplicate(), true)
  }

  /** Enters the queue into the list of queues, once per connection. */
  async register(queue: string): Promise<void> {
    if (this.#known.has(queue)) return
    await this.call('sadd', queuesKey(this.prefix), queue)
    this.#known.add(queue)
  }

  onNotice(listener: (notice: ConnectionNotice) => void): () => void {
    return this.main.onNotice(listener)
  }

  enter(): void {
    this.#tenants += 1
  }

  /** The last one out closes the connections. A part that never entered may leave, too. */
  leave(entered: boolean): void {
    if (entered) this.#tenants -= 1
    if (this.#tenants > 0) return
    this.subscriber.close()
    this.main.close()
  }

  async #look(): Promise<Server> {
    const server = await this.main.call('info', []).then(
      (reply) => parseServer(String(reply)),
      // A user without the right to ask may still use the rest.
      (error: unknown) => {
        const known = this.main.explain(error)
        if (known.code !== 'DENIED') throw known
        return parseServer('')
      },
    )
    const [major, minor] = server.version
    if (major !== 0 && (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]))) {
      throw new QueueError(
        'UNSUPPORTED',
        `redis: the server at ${this.where} is version ${major}.${minor}; ${OLDEST.join('.')} is the oldest that works.`,
      )
    }
    return server
  }

  #link(driver: RedisDriver, owned: boolean): RedisLink {
    const { recoveryMs, commandMs } = this.settings
    return new RedisLink(driver, { where: this.where, recoveryMs, commandMs, owned })
  }
}

function isCluster(driver: RedisDriver): boolean {
  return (driver as { isCluster?: unknown }).isCluster === true
}
