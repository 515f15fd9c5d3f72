import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { QueueError } from '@bananasjs/core'
import { systemRuntime } from '@bananasjs/core/contract'
import type { Runtime } from '@bananasjs/core/contract'
import { ArmedFault, nameOf } from '../faults/armed-fault.ts'
import { FAULT_KINDS, layerOf } from '../faults/catalog.ts'
import { checkFault } from '../faults/check-fault.ts'
import type { Fault, FaultKind } from '../faults/fault.ts'
import type { ArmOptions, FaultSite } from '../faults/fault-site.ts'
import { ProxyConnection } from './proxy-connection.ts'

export interface TcpProxyOptions {
  readonly upstream: { readonly host: string; readonly port: number }
  /** Where it listens. Default 127.0.0.1 on a free port. */
  readonly host?: string
  readonly port?: number
  /** Shown in reports. Default `link`. */
  readonly name?: string
  readonly runtime?: Runtime
}

const KINDS: readonly FaultKind[] = FAULT_KINDS.filter((kind) => layerOf(kind) === 'link')

/**
 * Stands between clients and a server and passes bytes on, late, slowly, in pieces or not at all. A fault is there for
 * every connection, old and new, from the moment `arm` returns, and gone from the moment it ends; bytes that it held back
 * then go on their way, as they would after a broken cable was mended.
 */
export class TcpProxy implements FaultSite, AsyncDisposable {
  readonly name: string
  readonly kinds: readonly FaultKind[] = KINDS
  readonly #options: TcpProxyOptions
  readonly #runtime: Runtime
  readonly #servers = new Map<string, Server>()
  readonly #connections = new Set<ProxyConnection>()
  #faults: readonly ArmedFault[] = []
  #made = 0

  constructor(options: TcpProxyOptions) {
    this.#options = options
    this.#runtime = options.runtime ?? systemRuntime
    this.name = options.name ?? 'link'
  }

  /** The main port. */
  get port(): number {
    return this.portOf('')
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#connections.size
  }

  /**
   * Opens a port, for all clients or for one with a name: faults pick it by `match.worker`, and so cut some clients off
   * while others go on. Resolves with the port.
   * @throws QueueError INVALID when the port is taken
   */
  async listen(client: string = ''): Promise<number> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
      this.#accept(client, socket),
    )
    const { host = '127.0.0.1', port = 0 } = this.#options
    server.listen(client === '' ? port : 0, host)
    try {
      await once(server, 'listening')
    } catch (cause) {
      throw new QueueError(
        'INVALID',
        `${this.name}: cannot listen on ${host}:${port}: ${(cause as Error).message}. Choose another port, or none for a free one.`,
        { cause },
      )
    }
    this.#servers.set(client, server)
    return this.portOf(client)
  }

  /** @throws QueueError INVALID for a client nobody listens for */
  portOf(client: string): number {
    const server = this.#servers.get(client)
    if (server === undefined)
      throw new QueueError(
        'INVALID',
        `${this.name}: nobody listens ${client === '' ? 'yet' : `for "${client}"`}. Call listen() first.`,
      )
    return (server.address() as AddressInfo).port
  }

  /** @throws QueueError INVALID for a fault that is not one of a link */
  arm(fault: Fault, options: ArmOptions): ArmedFault {
    checkFault(fault, nameOf(fault))
    if (!KINDS.includes(fault.kind))
      throw new QueueError('INVALID', `${fault.kind} cannot be had on a link; it has ${KINDS.join(', ')}.`)
    const armed: ArmedFault = new ArmedFault(fault, options, {
      runtime: this.#runtime,
      onEnd: () => (this.#faults = this.#faults.filter((one) => one !== armed)),
    })
    this.#faults = [...this.#faults, armed]
    if (fault.kind === 'link.reset')
      void armed.strike(
        () => this.#resetAll(armed),
        () => undefined,
      )
    if (fault.kind === 'link.cut')
      void armed.strike(
        () => this.#closeAll(armed),
        () => undefined,
      )
    return armed
  }

  targets(fault: Fault): readonly string[] {
    const { host, port } = this.#options.upstream
    const hit = [...this.#connections].filter(
      ({ client }) => fault.match?.worker === undefined || client !== '',
    )
    return [`${this.name}: ${hit.length} connections to ${host}:${port}, and new ones`]
  }

  /** Ends every fault, closes every connection and every port. Idempotent. */
  async close(): Promise<void> {
    await Promise.all(this.#faults.map((fault) => fault.disarm()))
    const closing = [...this.#servers.values()].map(
      (server) => new Promise<void>((resolve) => server.close(() => resolve())),
    )
    this.#servers.clear()
    for (const connection of this.#connections) connection.close()
    await Promise.all(closing)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #accept(client: string, socket: Socket): void {
    this.#made += 1
    const connection = new ProxyConnection(socket, {
      client,
      key: `${client}#${this.#made}`,
      upstream: this.#options.upstream,
      runtime: this.#runtime,
      faults: () => this.#faults,
      onClose: () => void this.#connections.delete(connection),
    })
    this.#connections.add(connection)
    const away = this.#faults.find((one) => one.fault.kind === 'link.cut' && one.bite(connection.subject))
    if (away !== undefined) connection.close()
    else connection.open()
  }

  #resetAll(armed: ArmedFault): void {
    for (const connection of this.#connections) if (armed.bite(connection.subject)) connection.reset()
  }

  #closeAll(armed: ArmedFault): void {
    for (const connection of this.#connections) if (armed.bite(connection.subject)) connection.close()
  }
}

/** A proxy that listens. @throws QueueError INVALID when the port is taken */
export async function tcpProxy(options: TcpProxyOptions): Promise<TcpProxy> {
  const proxy = new TcpProxy(options)
  await proxy.listen()
  return proxy
}
