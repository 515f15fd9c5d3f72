import { QueueError } from '@bananasjs/core/contract'
import type { Timer } from '@bananasjs/core/contract'
import type { SimNode } from './sim-node.ts'

/** After this a client takes an answer for lost. */
const PATIENCE_MS = 1000

export interface CallOptions<T> {
  readonly signal?: AbortSignal | undefined
  /** How long the store itself may take: a receive that waits. */
  readonly waitMs?: number | undefined
  /** May arrive twice, as when a client sends again what it got no answer to. */
  readonly repeatable?: boolean
  /** The answer comes, and after an abort nobody waits for it any more. */
  readonly onStranded?: (answer: T) => void
}

/** The end of a call that waits for its answer: until it comes, until patience or the process ends, or until an abort. */
export class PendingCall<T> {
  readonly #node: SimNode
  readonly #options: CallOptions<T>
  readonly #over = new AbortController()
  readonly #deadline: Timer
  readonly #forget: () => void
  readonly #settle: { readonly resolve: (answer: T) => void; readonly reject: (error: unknown) => void }
  #open = true

  constructor(
    node: SimNode,
    options: CallOptions<T>,
    settle: { readonly resolve: (answer: T) => void; readonly reject: (error: unknown) => void },
  ) {
    this.#node = node
    this.#options = options
    this.#settle = settle
    this.#deadline = node.after((options.waitMs ?? 0) + PATIENCE_MS, () => this.#hangUp(silence()))
    this.#forget = node.onDeath(() => this.#over.abort(silence()))
    options.signal?.addEventListener('abort', this.#onAbort, { once: true })
  }

  /** Ends what waits at the store when its client is gone. */
  get over(): AbortSignal {
    return this.#over.signal
  }

  /** An answer has arrived. */
  answer(answer: T): void {
    if (this.#open) this.#node.after(0, () => this.#close(() => this.#settle.resolve(answer)))
    else if (this.#options.signal?.aborted) this.#options.onStranded?.(answer)
  }

  fail(error: unknown): void {
    this.#node.after(0, () => this.#close(() => this.#settle.reject(error)))
  }

  readonly #onAbort = (): void => this.#hangUp(this.#options.signal?.reason)

  #hangUp(error: unknown): void {
    this.#over.abort(error)
    this.#close(() => this.#settle.reject(error))
  }

  #close(settle: () => void): void {
    if (!this.#open) return
    this.#open = false
    this.#deadline.cancel()
    this.#forget()
    this.#options.signal?.removeEventListener('abort', this.#onAbort)
    settle()
  }
}

function silence(): QueueError {
  return new QueueError('CONNECTION_LOST', 'No answer came, in the simulation.')
}
