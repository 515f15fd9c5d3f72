import type { RedisLink } from './redis-link.ts'

type Hear = (payload: Buffer) => void

/** One connection hears all topics of a transport; it is opened with the first and closed with the transport. */
export class RedisSubscriber {
  readonly #makeLink: () => RedisLink
  readonly #topics = new Map<string, Set<Hear>>()
  readonly #reconnected = new Set<() => void>()
  #link: RedisLink | undefined

  constructor(makeLink: () => RedisLink) {
    this.#makeLink = makeLink
  }

  /** Resolves once subscribed: what is published from then on is heard while the connection lasts. */
  async subscribe(topics: readonly string[], hear: Hear, signal?: AbortSignal): Promise<void> {
    const link = (this.#link ??= this.#open())
    for (const topic of topics) {
      const ears = this.#topics.get(topic)
      if (ears === undefined) this.#topics.set(topic, new Set([hear]))
      else ears.add(hear)
    }
    try {
      await link.open(signal)
      if (topics.length > 0) await link.driver.subscribe(...topics)
    } catch (error) {
      this.unsubscribe(topics, hear)
      signal?.throwIfAborted()
      throw link.explain(error)
    }
  }

  unsubscribe(topics: readonly string[], hear: Hear): void {
    const silent: string[] = []
    for (const topic of topics) {
      const ears = this.#topics.get(topic)
      if (ears === undefined || !ears.delete(hear) || ears.size > 0) continue
      this.#topics.delete(topic)
      silent.push(topic)
    }
    if (silent.length === 0 || this.#link?.ready !== true) return
    this.#link.driver.unsubscribe(...silent).catch(() => undefined) // the connection is gone, and the topics with it
  }

  /** `heal` runs whenever the connection is back: what was said meanwhile is lost. Returns the unsubscriber. */
  onReconnect(heal: () => void): () => void {
    this.#reconnected.add(heal)
    return () => void this.#reconnected.delete(heal)
  }

  close(): void {
    this.#link?.close()
    this.#topics.clear()
  }

  /** After a reconnection the server knows nothing of us. When it is gone again already, the next one does this again. */
  async #resubscribe(link: RedisLink): Promise<void> {
    const topics = [...this.#topics.keys()]
    try {
      if (topics.length > 0) await link.driver.subscribe(...topics)
    } catch {
      return
    }
    for (const heal of this.#reconnected) heal()
  }

  #open(): RedisLink {
    const link = this.#makeLink()
    link.driver.on('messageBuffer', (topic: Buffer, payload: Buffer) => {
      for (const hear of this.#topics.get(topic.toString()) ?? []) hear(payload)
    })
    let connected = false
    link.onNotice(({ kind }) => {
      if (kind !== 'connected') return
      if (connected) void this.#resubscribe(link)
      connected = true
    })
    return link
  }
}
