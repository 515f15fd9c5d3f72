import type { Channel, Subscription } from '@bananasjs/core/contract'

export interface KillSwitchOptions {
  /** Heard on it: `stopExperiments`. */
  readonly channel?: Channel | undefined
  readonly namespace: string
  /** Default SIGUSR2, SIGINT and SIGTERM. */
  readonly signals?: readonly NodeJS.Signals[] | undefined
}

const SIGNALS: readonly NodeJS.Signals[] = ['SIGUSR2', 'SIGINT', 'SIGTERM']

/** Ends the experiment from outside: by a signal to its process, or by `stopExperiments` from anywhere. */
export class KillSwitch implements AsyncDisposable {
  /** Aborts with the reason as text. */
  readonly signal: AbortSignal
  readonly #controller = new AbortController()
  readonly #signals: readonly NodeJS.Signals[]
  readonly #onSignal = (signal: NodeJS.Signals): void => this.pull(`stopped by ${signal}`)
  #subscription: Subscription | undefined

  constructor({ signals = SIGNALS }: Pick<KillSwitchOptions, 'signals'>) {
    this.signal = this.#controller.signal
    this.#signals = signals
    for (const signal of signals) process.on(signal, this.#onSignal)
  }

  /** Idempotent: the first reason counts. */
  pull(reason: string): void {
    this.#controller.abort(reason)
  }

  /** From now on it is heard over the channel, too. */
  async connect(channel: Channel, namespace: string): Promise<void> {
    this.#subscription = await channel.listen([topicOf(namespace)])
    void this.#hear(this.#subscription)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const signal of this.#signals) process.off(signal, this.#onSignal)
    await this.#subscription?.[Symbol.asyncDispose]()
  }

  async #hear(subscription: Subscription): Promise<void> {
    try {
      for await (const { payload } of subscription) {
        const reason = reasonOf(payload)
        if (reason !== undefined) this.pull(`stopped over the channel: ${reason}`)
      }
    } catch {
      // A channel that is lost is lossy: signals remain, and every fault has an end of its own.
    }
  }
}

/** Stops every experiment that listens on this channel. Resolves once it was sent; nobody need be there. Idempotent. */
export async function stopExperiments(channel: Channel, namespace: string, reason: string): Promise<void> {
  await channel.broadcast(topicOf(namespace), Buffer.from(JSON.stringify({ stop: reason.slice(0, 500) })))
}

function topicOf(namespace: string): string {
  return `${namespace}.chaos`
}

function reasonOf(payload: Uint8Array): string | undefined {
  try {
    const { stop } = JSON.parse(Buffer.from(payload).toString()) as { readonly stop?: unknown }
    return typeof stop === 'string' ? stop : undefined
  } catch {
    return undefined
  }
}
