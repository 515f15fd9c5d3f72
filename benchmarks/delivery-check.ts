/** What became of tasks numbered from 0 on. */
export interface DeliveryVerdict {
  readonly expected: number
  readonly missing: number
  /** Runs beyond the first of their task. */
  readonly duplicates: number
  /** Runs of numbers that were never enqueued. */
  readonly strangers: number
}

/** Counts runs by task number, in one byte per task. A figure counts only when each task ran exactly once. */
export class DeliveryCheck {
  readonly expected: number
  /** Resolves when every task has run at least once. */
  readonly complete: Promise<void>
  readonly #ran: Uint8Array
  #distinct = 0
  #runs = 0
  #strangers = 0
  #resolve!: () => void

  constructor(expected: number) {
    this.expected = expected
    this.#ran = new Uint8Array(expected)
    this.complete = new Promise((resolve) => (this.#resolve = resolve))
    if (expected === 0) this.#resolve()
  }

  /** Runs so far, repeated ones included. */
  get runs(): number {
    return this.#runs
  }

  ran(n: number): void {
    this.#runs += 1
    if (!(Number.isInteger(n) && n >= 0 && n < this.expected)) {
      this.#strangers += 1
      return
    }
    if (this.#ran[n] === 1) return
    this.#ran[n] = 1
    this.#distinct += 1
    if (this.#distinct === this.expected) this.#resolve()
  }

  verdict(): DeliveryVerdict {
    return {
      expected: this.expected,
      missing: this.expected - this.#distinct,
      duplicates: this.#runs - this.#strangers - this.#distinct,
      strangers: this.#strangers,
    }
  }
}

/** One sentence when the delivery was not exact, else `undefined`. */
export function complaint({ expected, missing, duplicates, strangers }: DeliveryVerdict): string | undefined {
  const found: string[] = []
  if (missing > 0) found.push(`${missing} never ran`)
  if (duplicates > 0) found.push(`${duplicates} runs were repeats`)
  if (strangers > 0) found.push(`${strangers} runs were of tasks never enqueued`)
  return found.length === 0 ? undefined : `of ${expected} tasks, ${found.join(', ')}`
}
