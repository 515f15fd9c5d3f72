import { QueueError } from '@bananasjs/core/contract'
import type { ConnectionNotice, Durability, SharedClient } from '@bananasjs/core/contract'
import { Api } from './nats-api.ts'
import type { StreamConfig } from './nats-api.ts'
import { Asker } from './nats-asker.ts'
import { ServerClock } from './nats-clock.ts'
import { connect, describeServer } from './nats-connect.ts'
import type { NatsDriver } from './nats-driver.ts'
import { NatsLink } from './nats-link.ts'
import { namesOf } from './nats-names.ts'
import type { Names } from './nats-names.ts'
import type { Settings } from './nats-options.ts'
import { Streams } from './nats-streams.ts'
import type { StreamKind } from './nats-streams.ts'

type Version = readonly [number, number]

const OLDEST: Version = [2, 9]
/** From here on the server forgets single messages when their time is over. */
const FORGETS: Version = [2, 11]
const QUORUM = 3

/** The connection that broker, results and channel share. Nothing is opened before the first use. */
export class NatsClient {
  readonly settings: Settings
  readonly where: string
  readonly names: Names
  readonly link: NatsLink
  readonly asker: Asker
  readonly api: Api
  readonly streams: Streams
  readonly clock: ServerClock
  #tenants = 0

  constructor(settings: Settings) {
    const { given, connection, recoveryMs, commandMs } = settings
    this.settings = settings
    this.where = given === undefined ? describeServer(connection) : 'the handed-in connection'
    this.names = namesOf(settings.prefix)
    this.link = new NatsLink({
      connect: given === undefined ? () => connect(connection) : async () => given,
      where: this.where,
      recoveryMs,
      owned: given === undefined,
      check: (driver) => this.#check(driver),
    })
    this.asker = new Asker(this.link, commandMs)
    this.api = new Api(this.asker, this.link, recoveryMs)
    this.streams = new Streams(this.api, this.names, settings, this.where)
    this.clock = new ServerClock(this.api, this.names)
    this.link.onNotice(({ kind }) => {
      if (kind !== 'connected') return
      this.streams.forget(atLeast(versionOf(this.link.connection), FORGETS))
      this.clock.forget()
    })
  }

  /** Connects, and makes sure of the streams. @throws QueueError CONNECTION_LOST, DENIED, INVALID, UNSUPPORTED */
  async open(kinds: readonly StreamKind[], signal?: AbortSignal): Promise<void> {
    await this.link.open(signal)
    for (const kind of kinds) await this.streams.ensure(kind, signal)
  }

  /** As a part uses it that cannot do without these streams. */
  needing(kinds: readonly StreamKind[]): SharedClient {
    return {
      enter: () => this.enter(),
      open: (signal) => this.open(kinds, signal),
      leave: (entered) => this.leave(entered),
    }
  }

  onNotice(listener: (notice: ConnectionNotice) => void): () => void {
    return this.link.onNotice(listener)
  }

  enter(): void {
    this.#tenants += 1
  }

  /** The last one out closes the connection. A part that never entered may leave, too. */
  async leave(entered: boolean): Promise<void> {
    if (entered) this.#tenants -= 1
    if (this.#tenants === 0) await this.link.close()
  }

  #check(driver: NatsDriver): void {
    const version = versionOf(driver)
    if (atLeast(version, OLDEST)) return
    throw new QueueError(
      'UNSUPPORTED',
      `nats: the server at ${this.where} is version ${driver.info?.version}; ${OLDEST.join('.')} is the oldest that works.`,
    )
  }
}

/** What a stream keeps through. The server writes to disk at once only where its `sync_interval` says so, and does not tell. */
export function durabilityOf({ storage, num_replicas: replicas }: Kept): Durability {
  if (replicas >= QUORUM) return 'quorum'
  return storage === 'memory' ? 'memory' : 'process'
}

export type Kept = Pick<StreamConfig, 'storage' | 'num_replicas'>

export function versionOf(driver: NatsDriver | undefined): Version {
  const [major = 0, minor = 0] = (driver?.info?.version ?? '').split('.').map((part) => Number(part) || 0)
  return [major, minor]
}

export function atLeast([major, minor]: Version, [wantedMajor, wantedMinor]: Version): boolean {
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)
}
