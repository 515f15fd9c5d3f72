import { backoffMs, QueueError, sleep, systemRuntime } from '@bananasjs/core/contract'
import type { ConnectionNotice } from '@bananasjs/core/contract'
import type { NatsDriver, NatsStatus } from './nats-driver.ts'
import { lostError, natsError, unreachableError } from './nats-errors.ts'

export interface LinkOptions {
  readonly connect: () => Promise<NatsDriver>
  /** How errors name the server. */
  readonly where: string
  readonly recoveryMs: number
  /** A connection that was handed in is neither cut nor closed. */
  readonly owned: boolean
  /** Looks at a new connection; what it throws is told to whoever waits. */
  readonly check: (connection: NatsDriver) => void
}

interface Waiter {
  readonly ready: (connection: NatsDriver) => void
  readonly failed: (error: QueueError) => void
}

export interface LinkListener {
  readonly onDown?: (error: QueueError) => void
  /** Something the server said that is nobody's answer: a permission that is missing. */
  readonly onError?: (error: unknown) => void
}

/** One connection: made on first use, made anew by the driver whenever it ends, waited for within bounds. */
export class NatsLink {
  readonly where: string
  readonly #options: LinkOptions
  readonly #waiters = new Set<Waiter>()
  readonly #notices = new Set<(notice: ConnectionNotice) => void>()
  readonly #listeners = new Set<LinkListener>()
  readonly #stop = new AbortController()
  /** What the driver keeps, connected or not. */
  #driver: NatsDriver | undefined
  #up = false
  #connecting = false
  #lastError: unknown

  constructor(options: LinkOptions) {
    this.#options = options
    this.where = options.where
  }

  /** While it is connected. */
  get connection(): NatsDriver | undefined {
    return this.#up ? this.#driver : undefined
  }

  onNotice(listener: (notice: ConnectionNotice) => void): () => void {
    this.#notices.add(listener)
    return () => void this.#notices.delete(listener)
  }

  listen(listener: LinkListener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /**
   * The connection, as soon as there is one.
   * @throws QueueError CONNECTION_LOST after `recoveryMs`, DENIED and UNSUPPORTED at once, CLOSED
   */
  async open(signal?: AbortSignal): Promise<NatsDriver> {
    signal?.throwIfAborted()
    if (this.#stop.signal.aborted) throw closedError()
    if (this.#up && this.#driver !== undefined) return this.#driver
    const ready = this.#becomeReady(signal)
    if (this.#driver === undefined) void this.#connect()
    return ready
  }

  explain(error: unknown): QueueError {
    return natsError(error, this.where)
  }

  /** Ends a connection that no longer answers; the driver makes a new one. */
  cut(): void {
    if (this.#options.owned && this.#up) this.#driver?.reconnect().catch(() => undefined)
  }

  async close(): Promise<void> {
    if (this.#stop.signal.aborted) return
    this.#stop.abort()
    this.#fail(closedError())
    const driver = this.#driver
    this.#driver = undefined
    this.#up = false
    for (const { onDown } of [...this.#listeners]) onDown?.(closedError())
    if (this.#options.owned) await driver?.close().catch(() => undefined)
  }

  async #connect(): Promise<void> {
    if (this.#connecting) return
    this.#connecting = true
    const { signal } = this.#stop
    for (let attempt = 0; this.#driver === undefined && !signal.aborted; attempt += 1) {
      try {
        await this.#attempt()
      } catch (error) {
        this.#lastError = error
        const known = this.explain(error)
        if (!known.retryable) this.#fail(known)
        if (this.#waiters.size === 0) break
        await sleep(systemRuntime, backoffMs(systemRuntime, attempt), signal).catch(() => undefined)
      }
    }
    this.#connecting = false
  }

  async #attempt(): Promise<void> {
    const driver = await this.#options.connect()
    try {
      if (this.#stop.signal.aborted) throw closedError()
      if (driver.isClosed()) throw endedError(this.where)
      this.#options.check(driver)
    } catch (error) {
      if (this.#options.owned) await driver.close()
      throw error
    }
    this.#driver = driver
    void this.#follow(driver)
    void driver.closed().then(() => this.#onEnd(driver))
    this.#onUp()
  }

  async #follow(driver: NatsDriver): Promise<void> {
    for await (const status of driver.status()) {
      if (this.#driver !== driver) return
      this.#onStatus(status)
    }
  }

  #onStatus({ type, error }: NatsStatus): void {
    if (type === 'reconnect') this.#onUp()
    else if (type === 'disconnect') this.#onDown()
    else if (type === 'error') {
      const known = this.explain(error)
      if (this.#up && known.code === 'DENIED')
        for (const { onError } of [...this.#listeners]) onError?.(error)
      if (this.#up) return
      this.#lastError = error
      if (!known.retryable) this.#fail(known)
    }
  }

  #onUp(): void {
    if (this.#up || this.#driver === undefined) return
    this.#up = true
    this.#lastError = undefined
    for (const { ready } of [...this.#waiters]) ready(this.#driver)
    this.#tell('connected', `nats: connected to ${this.where}.`)
  }

  #onDown(): void {
    if (!this.#up) return
    this.#up = false
    const error = lostError(this.where, this.#lastError)
    this.#tell('disconnected', error.message)
    for (const { onDown } of [...this.#listeners]) onDown?.(error)
  }

  #onEnd(driver: NatsDriver): void {
    if (this.#driver !== driver) return
    this.#onDown()
    if (!this.#options.owned) return this.#fail(endedError(this.where))
    this.#driver = undefined
    if (this.#waiters.size > 0) void this.#connect()
  }

  #becomeReady(signal: AbortSignal | undefined): Promise<NatsDriver> {
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

  #fail(error: QueueError): void {
    for (const { failed } of [...this.#waiters]) failed(error)
  }

  #tell(kind: ConnectionNotice['kind'], detail: string): void {
    for (const listener of [...this.#notices]) listener({ kind, detail })
  }
}

function closedError(): QueueError {
  return new QueueError('CLOSED', 'nats: this transport was closed. Make a new one.')
}

function endedError(where: string): QueueError {
  return new QueueError(
    'CLOSED',
    `nats: the connection to ${where} was ended by its owner. Hand in one that reconnects for ever.`,
  )
}
