import { Mailbox, QueueError, sleep, systemRuntime, Tenancy } from '@bananasjs/core/contract'
import type { Abortable, Channel, Subscription } from '@bananasjs/core/contract'
import type { SqliteClient } from './sqlite-client.ts'
import { bytesOf } from './sqlite-database.ts'
import type { Gate } from './sqlite-gate.ts'

const MAX_PAYLOAD_BYTES = 1024 * 1024
const TOPIC = 'channel'
const ROWS = 1000
const AFTER_ERROR_MS = 500

const INSERT = 'INSERT INTO bananas_channel (id, sent_at, topic, payload) VALUES (?, ?, ?, ?)'
const SINCE = `SELECT id, topic, payload FROM bananas_channel WHERE id > ? ORDER BY id LIMIT ${ROWS}`
const NOW = "SELECT value FROM bananas_meta WHERE name = 'counter'"

interface Listener {
  readonly topics: ReadonlySet<string>
  readonly mailbox: Mailbox
  /** Hears what has a greater id. */
  readonly since: number
}

/** A table that listeners read from where they came in; rows go after a minute (see housekeeping). */
export class SqliteChannel implements Channel {
  readonly name = 'sqlite'
  readonly supports: { readonly maxPayloadBytes: number } = Object.freeze({
    maxPayloadBytes: MAX_PAYLOAD_BYTES,
  })
  readonly #client: SqliteClient
  readonly #tenancy: Tenancy
  #closing: Promise<void> | undefined
  readonly #listeners = new Set<Listener>()
  #gate: Gate | undefined
  #heard = 0
  #pumping: Promise<void> = Promise.resolve()

  constructor(client: SqliteClient) {
    this.#client = client
    this.#tenancy = new Tenancy(client, 'sqlite', 'channel')
  }

  open({ signal }: Abortable = {}): Promise<void> {
    return this.#tenancy.open(signal)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async broadcast(topic: string, payload: Uint8Array): Promise<void> {
    await this.#tenancy.open()
    if (payload.length > MAX_PAYLOAD_BYTES) {
      throw new QueueError(
        'TOO_LARGE',
        `A broadcast on "${topic}" has ${payload.length} bytes, sqlite takes ${MAX_PAYLOAD_BYTES}.`,
      )
    }
    const send = (): void =>
      void this.#client.prepare(INSERT).run(this.#client.take(1), this.#client.now(), topic, payload)
    await this.#client.write(send, 1 + payload.length / 8192)
    this.#client.notify([TOPIC])
  }

  async listen(topics: readonly string[], { signal }: Abortable = {}): Promise<Subscription> {
    await this.#tenancy.open(signal)
    const since = await this.#client.read(
      () => (this.#client.prepare(NOW).get() as { value: number }).value,
      signal,
    )
    this.#tenancy.check()
    signal?.throwIfAborted()
    const abort = (): void => void mailbox.close()
    const mailbox = new Mailbox(() => {
      signal?.removeEventListener('abort', abort)
      this.#leave(listener)
    })
    const listener: Listener = { topics: new Set(topics), mailbox, since }
    signal?.addEventListener('abort', abort, { once: true })
    this.#listeners.add(listener)
    this.#ensurePump(since)
    return mailbox
  }

  #leave(listener: Listener): void {
    this.#listeners.delete(listener)
    if (this.#listeners.size === 0) this.#gate?.close()
  }

  /** One reader serves all listeners; it ends with the last of them. */
  #ensurePump(since: number): void {
    if (this.#gate !== undefined) return
    this.#heard = since
    this.#gate = this.#client.gate([TOPIC])
    this.#pumping = this.#pump(this.#gate).finally(() => {
      this.#gate?.close()
      this.#gate = undefined
      // A listener that came while the pump was on its way out.
      const [next] = this.#listeners
      if (next !== undefined && !this.#tenancy.closed) this.#ensurePump(next.since)
    })
  }

  async #pump(gate: Gate): Promise<void> {
    while (this.#listeners.size > 0) {
      const rows = await this.#next()
      for (const row of rows) this.#deliver(row)
      if (rows.length < ROWS && this.#listeners.size > 0) await gate.wait(Infinity)
    }
  }

  async #next(): Promise<{ id: number; topic: string; payload: Uint8Array | null }[]> {
    try {
      return await this.#client.read(
        () =>
          this.#client.prepare(SINCE).all(this.#heard) as {
            id: number
            topic: string
            payload: Uint8Array
          }[],
      )
    } catch {
      // Lossy by contract, and publishers meet the same error: listeners only have to be there again afterwards.
      await sleep(systemRuntime, AFTER_ERROR_MS)
      return []
    }
  }

  #deliver({ id, topic, payload }: { id: number; topic: string; payload: Uint8Array | null }): void {
    this.#heard = id
    for (const { topics, mailbox, since } of this.#listeners) {
      if (id > since && topics.has(topic)) mailbox.push({ topic, payload: bytesOf(payload) })
    }
  }

  async #close(): Promise<void> {
    this.#tenancy.shut()
    await Promise.all([...this.#listeners].map(({ mailbox }) => mailbox.close()))
    await this.#pumping
    await this.#tenancy.leave()
  }
}
