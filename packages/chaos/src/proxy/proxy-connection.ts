import { connect } from 'node:net'
import type { Socket } from 'node:net'
import type { Runtime } from '@bananasjs/core/contract'
import type { ArmedFault } from '../faults/armed-fault.ts'
import type { Subject } from '../faults/matches.ts'
import { ProxyPipe } from './proxy-pipe.ts'

export interface ProxyConnectionHost {
  readonly client: string
  /** Names this connection in draws and reports. */
  readonly key: string
  readonly upstream: { readonly host: string; readonly port: number }
  readonly runtime: Runtime
  /** Those armed now. */
  readonly faults: () => readonly ArmedFault[]
  readonly onClose: () => void
}

/** A client, the server, and a pipe each way. */
export class ProxyConnection {
  readonly client: string
  readonly subject: Subject
  readonly #host: ProxyConnectionHost
  readonly #down: Socket
  #up: Socket | undefined
  readonly #closed = new AbortController()

  constructor(down: Socket, host: ProxyConnectionHost) {
    this.client = host.client
    this.subject = { key: host.key, worker: host.client === '' ? undefined : host.client, method: 'link' }
    this.#host = host
    this.#down = down
    down.on('error', () => this.reset())
  }

  open(): void {
    const up = connect({ ...this.#host.upstream, allowHalfOpen: true, noDelay: true })
    this.#up = up
    up.on('error', () => this.reset())
    const ends = Promise.all([this.#pipe('up', this.#down, up), this.#pipe('down', up, this.#down)])
    void ends.then(() => this.close())
    this.#down.resume()
  }

  /** Both sides are told, at once and rudely: ECONNRESET. */
  reset(): void {
    this.#end((socket) => socket.resetAndDestroy())
  }

  close(): void {
    this.#end((socket) => socket.destroy())
  }

  #pipe(direction: 'up' | 'down', source: Socket, target: Socket): Promise<void> {
    const { runtime, faults } = this.#host
    const pipe = new ProxyPipe({
      direction,
      source,
      target,
      runtime,
      faults,
      subject: this.subject,
      closed: this.#closed.signal,
      reset: () => this.reset(),
    })
    return pipe.run()
  }

  #end(how: (socket: Socket) => void): void {
    if (this.#closed.signal.aborted) return
    this.#closed.abort()
    how(this.#down)
    if (this.#up !== undefined) how(this.#up)
    this.#host.onClose()
  }
}
