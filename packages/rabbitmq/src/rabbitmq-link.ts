import { QueueError, Reconnects, sleep, systemRuntime } from '@bananasjs/core/contract'
import type { ConnectionNotice } from '@bananasjs/core/contract'
import type { AmqpChannel, AmqpConnection } from './rabbitmq-driver.ts'
import { isHopeless, heldUpError, lostError, rabbitmqError, unreachableError } from './rabbitmq-errors.ts'

export interface LinkOptions {
  readonly connect: () => Promise<AmqpConnection>
  /** How errors name the server. */
  readonly where: string
  readonly recoveryMs: number
  readonly commandMs: number
  /** A connection that was handed in is neither cut nor closed. */
  readonly owned: boolean
  /** Looks at a new connection; what it throws is told to whoever waits. */
  readonly check: (connection: AmqpConnection) => void
}

/** A server that does not answer a farewell is left without. */
const GOODBYE_MS = 1000

interface Waiter {
  readonly ready: (connection: AmqpConnection) => void
  readonly failed: (error: QueueError) => void
}

/** One connection that is made anew whenever it ends, with ever longer pauses and jitter. */
export class RabbitmqLink {
  readonly where: string
  readonly #options: LinkOptions
  readonly #waiters = new Set<Waiter>()
  readonly #listeners = new Set<(notice: ConnectionNotice) => void>()
  readonly #stop = new AbortController()
  readonly #reconnects = new Reconnects(systemRuntime)
  #connection: AmqpConnection | undefined
  #connecting = false
  #wasConnected = false
  #lastError: unknown
  /** Why the server blocks publishers, while it does. */
  #blocked: string | undefined

  constructor(options: LinkOptions) {
    this.#options = options
    this.where = options.where
  }

  get blocked(): string | undefined {
    return this.#blocked
  }

  get connection(): AmqpConnection | undefined {
    return this.#connection
  }

  onNotice(listener: (notice: ConnectionNotice) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /**
   * The connection, as soon as there is one.
   * @throws QueueError CONNECTION_LOST after `recoveryMs`, DENIED, INVALID and UNSUPPORTED at once, CLOSED
   */
  async open(signal?: AbortSignal): Promise<AmqpConnection> {
    signal?.throwIfAborted()
    if (this.#stop.signal.aborted) throw closedError()
    if (this.#connection !== undefined) return this.#connection
    const ready = this.#becomeReady(signal)
    void this.#connect()
    return ready
  }

  /** The answer of the server; a connection on which none comes in time is cut. @throws QueueError */
  async answer<T>(work: Promise<T>, what: string, limitMs: number = this.#options.commandMs): Promise<T> {
    const { promise: tooLong, reject } = Promise.withResolvers<never>()
    let late = false
    const timer = systemRuntime.setTimer(() => {
      // It lives, and only takes nothing more: a new connection would be held up as this one is.
      if (this.#blocked !== undefined) return reject(heldUpError(this.where, limitMs, this.#blocked))
      late = true
      this.cut(new Error(`no answer to ${what} for ${limitMs} ms`))
    }, limitMs)
    try {
      return await Promise.race([work, tooLong])
    } catch (error) {
      throw late ? lostError(this.where, this.#lastError) : this.explain(error)
    } finally {
      timer.cancel()
    }
  }

  /** Acts on a channel of its own, for what may end one. @throws QueueError, and what `act` throws */
  async onChannel<T>(act: (channel: AmqpChannel) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const connection = await this.open(signal)
    const channel = await this.answer(connection.createChannel(), 'a channel')
    channel.on('error', () => undefined)
    try {
      return await act(channel)
    } finally {
      await channel.close().catch(() => undefined)
    }
  }

  explain(error: unknown): QueueError {
    return rabbitmqError(error, this.where)
  }

  /** Ends a connection that no longer answers; a new one follows. */
  cut(reason: Error): void {
    if (!this.#options.owned) return
    const inner = (this.#connection as { connection?: { stream?: { destroy?: (error: Error) => void } } })
      ?.connection
    inner?.stream?.destroy?.(reason)
  }

  async close(): Promise<void> {
    if (this.#stop.signal.aborted) return
    this.#stop.abort()
    this.#fail(closedError())
    const connection = this.#connection
    this.#connection = undefined
    if (connection === undefined || !this.#options.owned) return
    const enough = new AbortController()
    const goodbye = connection.close().catch(() => undefined)
    await Promise.race([goodbye, sleep(systemRuntime, GOODBYE_MS, enough.signal).catch(() => undefined)])
    enough.abort()
    destroy(connection)
  }

  async #connect(): Promise<void> {
    if (this.#connecting) return
    this.#connecting = true
    const { signal } = this.#stop
    for (let again = this.#wasConnected; this.#connection === undefined && !signal.aborted; again = true) {
      try {
        if (again) await sleep(systemRuntime, this.#reconnects.pauseMs(), signal)
        await this.#attempt()
      } catch (error) {
        this.#lastError = error
        const known = this.explain(error)
        if (isHopeless(known)) this.#fail(known)
        // Without anybody who waits, a server that never answered is not asked again.
        if (!this.#wasConnected && this.#waiters.size === 0) break
      }
    }
    this.#connecting = false
  }

  async #attempt(): Promise<void> {
    const connection = await this.#options.connect()
    // Before anything else: an error nobody listens to would end the process.
    const onError = (error: unknown): void => void (this.#lastError = error)
    const onClose = (error?: unknown): void => this.#onClose(connection, error)
    const onBlocked = (reason: unknown): void => this.#onBlocked(String(reason))
    const onUnblocked = (): void => this.#onBlocked(undefined)
    connection.on('error', onError)
    if (this.#stop.signal.aborted) {
      if (this.#options.owned) destroy(connection)
      return
    }
    this.#options.check(connection)
    const events = { close: onClose, disconnect: onClose, blocked: onBlocked, unblocked: onUnblocked }
    for (const [event, listener] of Object.entries(events)) connection.on(event, listener)
    this.#stop.signal.addEventListener('abort', () => {
      for (const [event, listener] of Object.entries(events)) connection.off(event, listener)
    })
    this.#connection = connection
    this.#wasConnected = true
    this.#reconnects.ready()
    this.#lastError = undefined
    for (const { ready } of [...this.#waiters]) ready(connection)
    this.#tell('connected', `rabbitmq: connected to ${this.where}.`)
  }

  #becomeReady(signal: AbortSignal | undefined): Promise<AmqpConnection> {
    const { recoveryMs } = this.#options
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        timer.cancel()
        this.#waiters.delete(waiter)
        signal?.removeEventListener('abort', abort)
      }
      const waiter: Waiter = {
        ready: (connection) => {
          leave()
          resolve(connection)
        },
        failed: (error) => {
          leave()
          reject(error)
        },
      }
      const abort = (): void => {
        leave()
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- an abort rejects with the caller's own reason
        reject(signal?.reason)
      }
      const timer = systemRuntime.setTimer(
        () => waiter.failed(unreachableError(this.where, recoveryMs, this.#lastError)),
        recoveryMs,
      )
      signal?.addEventListener('abort', abort, { once: true })
      this.#waiters.add(waiter)
    })
  }

  #onClose(connection: AmqpConnection, error: unknown): void {
    if (this.#connection !== connection) return
    this.#connection = undefined
    this.#blocked = undefined
    if (error !== undefined) this.#lastError = error
    this.#tell('disconnected', lostError(this.where, this.#lastError).message)
    void this.#connect()
  }

  #onBlocked(reason: string | undefined): void {
    this.#blocked = reason
    if (reason === undefined) this.#tell('unblocked', `rabbitmq: ${this.where} takes messages again.`)
    else this.#tell('blocked', `rabbitmq: ${this.where} blocks publishers: ${reason}.`)
  }

  #fail(error: QueueError): void {
    for (const { failed } of [...this.#waiters]) failed(error)
  }

  #tell(kind: ConnectionNotice['kind'], detail: string): void {
    for (const listener of [...this.#listeners]) listener({ kind, detail })
  }
}

/** Without a farewell. */
function destroy(connection: AmqpConnection): void {
  const { connection: inner } = connection as { connection?: { stream?: { destroy?: () => void } } }
  inner?.stream?.destroy?.()
}

function closedError(): QueueError {
  return new QueueError('CLOSED', 'rabbitmq: this transport was closed. Make a new one.')
}
