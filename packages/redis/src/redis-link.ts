import { QueueError, sleep, systemRuntime } from '@bananasjs/core/contract'
import type { ConnectionNotice, Timer } from '@bananasjs/core/contract'
import type { Argument, RedisDriver } from './redis-driver.ts'
import { lostError, redisError, unreachableError, wasNotSent } from './redis-errors.ts'
import type { Script } from './redis-script.ts'

export interface LinkOptions {
  /** How errors name the server. */
  readonly where: string
  readonly recoveryMs: number
  readonly commandMs: number
  /** A client that was handed in is neither cut nor closed. */
  readonly owned: boolean
}

const REVIVE_MS = 200
/** The driver learns within this that a connection has ended, or is asked again. */
const LEARN_MS = 10

interface Waiter {
  readonly ready: () => void
  readonly failed: (error: QueueError) => void
}

/** One client of the driver: waits for its connection within bounds, and lets no command wait for ever. */
export class RedisLink {
  readonly driver: RedisDriver
  readonly #options: LinkOptions
  readonly #waiters = new Set<Waiter>()
  readonly #listeners = new Set<(notice: ConnectionNotice) => void>()
  readonly #events: readonly (readonly [string, (error?: unknown) => void])[]
  #lastError: unknown
  #closed = false
  #reviving: Timer | undefined

  constructor(driver: RedisDriver, options: LinkOptions) {
    this.driver = driver
    this.#options = options
    this.#events = [
      ['ready', () => this.#onReady()],
      ['error', (error) => this.#onError(error)],
      ['close', () => this.#tell('disconnected', lostError(options.where, this.#lastError).message)],
      ['end', () => this.#onEnd()],
    ]
    for (const [event, listener] of this.#events) driver.on(event, listener)
  }

  get ready(): boolean {
    return this.driver.status === 'ready'
  }

  onNotice(listener: (notice: ConnectionNotice) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /**
   * Resolves when commands can be sent.
   * @throws QueueError CONNECTION_LOST after `boundMs`, DENIED when the server refuses the credentials, CLOSED
   */
  async open(signal?: AbortSignal, boundMs: number = this.#options.recoveryMs): Promise<void> {
    signal?.throwIfAborted()
    if (this.ready) return
    if (this.#closed) throw this.#closedError()
    if (this.driver.status === 'wait') this.driver.connect().catch((error: unknown) => this.#onError(error))
    else if (this.driver.status === 'end') this.#revive()
    await this.#becomeReady(boundMs, signal)
  }

  /** Sends one command; replies come as Buffers. @throws QueueError */
  async call(
    command: string,
    args: Argument[],
    deadlineMs: number = this.#options.commandMs,
  ): Promise<unknown> {
    if (!this.ready) await this.open()
    return this.#send(command, args, deadlineMs).catch((error: unknown) => {
      if (!wasNotSent(error)) throw error
      return this.#sendOnNext(command, args, deadlineMs)
    })
  }

  /**
   * The connection has ended, and the driver is told on a later turn of the event loop. What it refuses until then was
   * not sent, and can be: a caller who went on to the next task at once would even keep that turn from coming.
   */
  async #sendOnNext(command: string, args: Argument[], deadlineMs: number): Promise<unknown> {
    const deadline = systemRuntime.monotonic() + this.#options.recoveryMs
    for (;;) {
      await sleep(systemRuntime, LEARN_MS)
      if (!this.ready) await this.open(undefined, Math.max(0, deadline - systemRuntime.monotonic()))
      try {
        return await this.#send(command, args, deadlineMs)
      } catch (error) {
        if (!wasNotSent(error) || systemRuntime.monotonic() > deadline) throw error
      }
    }
  }

  #send(command: string, args: Argument[], deadlineMs: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const timer = systemRuntime.setTimer(() => {
        reject(lostError(this.#options.where, new Error(`no answer to ${command} for ${deadlineMs} ms`)))
        this.cut()
      }, deadlineMs)
      this.driver.callBuffer(command, args).then(
        (reply) => {
          timer.cancel()
          resolve(reply)
        },
        (error: unknown) => {
          timer.cancel()
          reject(error)
        },
      )
    })
  }

  /** Runs a script by its name, or by its text where the server has forgotten it. */
  async run(
    { sha, text }: Script,
    keys: readonly string[],
    args: readonly Argument[],
    deadlineMs: number = this.#options.commandMs,
  ): Promise<unknown> {
    try {
      return await this.call('evalsha', [sha, keys.length, ...keys, ...args], deadlineMs)
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw this.explain(error)
    }
    try {
      return await this.call('eval', [text, keys.length, ...keys, ...args], deadlineMs)
    } catch (error) {
      throw this.explain(error)
    }
  }

  explain(error: unknown): QueueError {
    return redisError(error, this.#options.where)
  }

  /** Ends a connection that no longer answers; the driver makes a new one. */
  cut(): void {
    if (this.#options.owned && !this.#closed) this.driver.disconnect(true)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#reviving?.cancel()
    this.#fail(this.#closedError())
    if (this.#options.owned) this.driver.disconnect()
    for (const [event, listener] of this.#events) this.driver.off(event, listener)
    this.driver.on('error', ignore) // an error on the way out has nobody left to tell, and would end the process
  }

  #becomeReady(boundMs: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        timer.cancel()
        this.#waiters.delete(waiter)
        signal?.removeEventListener('abort', abort)
      }
      const waiter: Waiter = {
        ready: () => {
          leave()
          resolve()
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
        () => waiter.failed(unreachableError(this.#options.where, boundMs, this.#lastError)),
        boundMs,
      )
      signal?.addEventListener('abort', abort, { once: true })
      this.#waiters.add(waiter)
    })
  }

  #onReady(): void {
    this.#lastError = undefined
    for (const { ready } of [...this.#waiters]) ready()
    this.#tell('connected', `redis: connected to ${this.#options.where}.`)
  }

  #onError(error: unknown): void {
    this.#lastError = error
    const known = this.explain(error)
    if (known.code === 'DENIED') this.#fail(known) // waiting will not help; the driver goes on trying all the same
  }

  #onEnd(): void {
    if (this.#options.owned && !this.#closed) this.#revive()
    else this.#fail(this.#closed ? this.#closedError() : this.#endedError())
  }

  /**
   * ioredis ends for good when it is told of a failover while it is connecting, whatever its retry strategy says.
   * @throws QueueError CLOSED for a client that was handed in: its end is its owner's decision
   */
  #revive(): void {
    if (!this.#options.owned) throw this.#endedError()
    this.#reviving ??= systemRuntime.setTimer(() => {
      this.#reviving = undefined
      if (this.#closed || this.driver.status !== 'end') return
      this.driver.connect().catch((error: unknown) => this.#onError(error))
    }, REVIVE_MS)
  }

  #fail(error: QueueError): void {
    for (const { failed } of [...this.#waiters]) failed(error)
  }

  #tell(kind: ConnectionNotice['kind'], detail: string): void {
    for (const listener of this.#listeners) listener({ kind, detail })
  }

  #closedError(): QueueError {
    return new QueueError('CLOSED', 'redis: this transport was closed. Make a new one.')
  }

  #endedError(): QueueError {
    return new QueueError(
      'CLOSED',
      `redis: the client for ${this.#options.where} was ended by its owner. Hand in one that reconnects.`,
    )
  }
}

function ignore(): void {}
