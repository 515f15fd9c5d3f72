import type { ConnectionNotice, Durability } from '@bananasjs/core/contract'
import { QueueError } from '@bananasjs/core/contract'
import { connector, describeServer } from './rabbitmq-connect.ts'
import type { AmqpConnection } from './rabbitmq-driver.ts'
import { RabbitmqLink } from './rabbitmq-link.ts'
import type { Settings } from './rabbitmq-options.ts'
import { Publisher } from './rabbitmq-publisher.ts'
import { serverOf } from './rabbitmq-server.ts'
import type { Server } from './rabbitmq-server.ts'
import { Topology } from './rabbitmq-topology.ts'

const OLDEST: readonly [number, number] = [3, 10]

/**
 * The connections that broker and channel share. Two of them: a server under an alarm reads no more from whoever publishes,
 * and acknowledgements must go on. Nothing is opened before the first use.
 */
export class RabbitmqClient {
  readonly settings: Settings
  readonly where: string
  readonly publishing: RabbitmqLink
  readonly consuming: RabbitmqLink
  readonly publisher: Publisher
  /** What was declared, through the publishing connection. */
  readonly topology: Topology
  #server: Server | undefined
  #tenants = 0

  constructor(settings: Settings) {
    const { given, recoveryMs, commandMs } = settings
    this.settings = settings
    this.where = given === undefined ? describeServer(settings.connection) : 'the handed-in connection'
    this.publishing = this.#link('bananas, publishing')
    this.consuming = given === undefined ? this.#link('bananas, consuming') : this.publishing
    this.topology = new Topology(settings)
    const onUnroutable = (): void => this.topology.forget()
    this.publisher = new Publisher(this.publishing, { recoveryMs, commandMs, onUnroutable })
    this.publishing.onNotice(({ kind }) => {
      if (kind === 'disconnected') this.topology.forget()
    })
  }

  /** As far as the server was asked already. */
  get server(): Server | undefined {
    return this.#server
  }

  /** A quorum queue confirms what is on disk; how many nodes have it cannot be asked here, so no more is claimed. */
  get durability(): Durability {
    return this.settings.queueType === 'quorum' ? 'disk' : 'process'
  }

  /** @throws QueueError CONNECTION_LOST, DENIED, INVALID, UNSUPPORTED */
  async open(signal?: AbortSignal): Promise<void> {
    await this.publishing.open(signal)
  }

  onNotice(listener: (notice: ConnectionNotice) => void): () => void {
    const stops = [...new Set([this.publishing, this.consuming])].map((link) => link.onNotice(listener))
    return () => stops.forEach((stop) => stop())
  }

  enter(): void {
    this.#tenants += 1
  }

  /** The last one out closes the connections. A part that never entered may leave, too. */
  async leave(entered: boolean): Promise<void> {
    if (entered) this.#tenants -= 1
    if (this.#tenants > 0) return
    await Promise.all([this.publishing.close(), this.consuming.close()])
  }

  #link(name: string): RabbitmqLink {
    const { given, connection, recoveryMs, commandMs } = this.settings
    return new RabbitmqLink({
      connect: given === undefined ? connector(connection, name) : async () => given,
      where: this.where,
      recoveryMs,
      commandMs,
      owned: given === undefined,
      check: (found) => this.#check(found),
    })
  }

  #check(connection: AmqpConnection): void {
    const server = serverOf(connection)
    const [major, minor] = server.version
    if (major !== 0 && (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]))) {
      throw new QueueError(
        'UNSUPPORTED',
        `rabbitmq: the server at ${this.where} is version ${server.release}; ${OLDEST.join('.')} is the oldest that works.`,
      )
    }
    this.#server = server
  }
}
