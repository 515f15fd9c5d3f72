import type { Abortable, Resource } from './failure.ts'

export interface ChannelMessage {
  readonly topic: string
  readonly payload: Uint8Array
}

export interface Subscription extends AsyncIterable<ChannelMessage>, AsyncDisposable {
  /** Messages thrown away because the reader was slower than the sender. The buffer is bounded; the oldest go first. */
  readonly dropped: number
}

/** Live and lossy by contract: events and control. Whoever listens now hears it; nobody else ever will. */
export interface Channel extends Resource {
  readonly name: string
  readonly supports: { readonly maxPayloadBytes: number }

  /** Resolves once handed to the server. TOO_LARGE above `maxPayloadBytes`. */
  broadcast(topic: string, payload: Uint8Array): Promise<void>

  /**
   * Resolves once subscribed: whatever is broadcast after that is heard, in order per sender, while the connection lasts.
   * Topics match exactly. Leaving the loop, an abort or `close()` unsubscribes; the iteration then ends.
   */
  listen(topics: readonly string[], options?: Abortable): Promise<Subscription>
}
