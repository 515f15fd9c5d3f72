import type { Abortable, Channel, Subscription } from '@bananasjs/core/contract'
import { underFaults } from './call-faults.ts'
import type { ChaosController } from './chaos-controller.ts'

/** A channel under faults. Lossy by contract, so what is lost here nobody may miss. */
export class ChaoticChannel implements Channel {
  readonly name: string
  readonly #inner: Channel
  readonly #chaos: ChaosController

  constructor(inner: Channel, chaos: ChaosController) {
    this.name = inner.name
    this.#inner = inner
    this.#chaos = chaos
  }

  get supports(): Channel['supports'] {
    return this.#inner.supports
  }

  open(options?: Abortable): Promise<void> {
    return this.#under('open', options, () => this.#inner.open(options))
  }

  broadcast(topic: string, payload: Uint8Array): Promise<void> {
    return this.#under('broadcast', undefined, () => this.#inner.broadcast(topic, payload))
  }

  listen(topics: readonly string[], options?: Abortable): Promise<Subscription> {
    return this.#under('listen', options, () => this.#inner.listen(topics, options))
  }

  close(): Promise<void> {
    return this.#under('close', undefined, () => this.#inner.close())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #under<T>(method: string, options: Abortable | undefined, effect: () => Promise<T>): Promise<T> {
    if (this.#chaos.idle) return effect()
    return underFaults(this.#chaos, { method: `channel.${method}`, signal: options?.signal }, effect)
  }
}
