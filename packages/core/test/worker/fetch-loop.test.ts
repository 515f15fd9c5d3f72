import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Delivery } from '../../src/contract/index.ts'
import { virtualRuntime } from '../../src/testing/index.ts'
import { FetchLoop } from '../../src/worker/fetch-loop.ts'
import type { Source } from '../../src/worker/source.ts'

const CAPACITY = 100
const QUEUES = 3
const RECEIVES = 20_000

/** A worker's side of the loop: what it holds, what it has asked for, and whether that was ever more than it has room for. */
class Desk {
  held = 0
  asked = 0
  receives = 0
  tooMuch: string | undefined
  readonly #random: () => number

  constructor(random: () => number) {
    this.#random = random
  }

  room(): number {
    return CAPACITY - this.held
  }

  /** A queue that has tasks now and then, and takes its time. */
  source(name: string, weight: number): Source {
    const random = this.#random
    let busy = random() < 0.5
    let hadWork = false
    const receive = async (
      max: number,
      waitMs: number,
      signal: AbortSignal,
    ): Promise<readonly Delivery[]> => {
      this.receives += 1
      this.asked += max
      // Of several queues that are waited on, none is left out: each is asked for one at least.
      if (this.asked > Math.max(this.room(), QUEUES))
        this.tooMuch ??= `${name}: ${max}, in all ${this.asked} for ${this.room()}`
      for (let turns = Math.floor(random() * 6); turns > 0; turns -= 1) await turn()
      for (let waits = 0; waitMs > 0 && !busy && !signal.aborted && waits < 5; waits += 1) await turn()
      this.asked -= max
      if (random() < 0.3) busy = !busy
      const got = busy ? Math.ceil(random() * max) : 0
      hadWork = got > 0
      return Array.from({ length: got }, () => ({}) as Delivery)
    }
    const fake = {
      weight,
      paused: false,
      receive,
      get hadWork() {
        return hadWork
      },
      get worthPolling() {
        return hadWork || random() < 0.7
      },
    }
    return fake as unknown as Source
  }

  accept(count: number, onGone: () => void): void {
    this.held += count
    void this.#work(count, onGone)
  }

  async #work(count: number, onGone: () => void): Promise<void> {
    for (let turns = Math.floor(this.#random() * 10); turns > 0; turns -= 1) await turn()
    this.held -= count
    onGone()
  }
}

describe('the fetch loop', () => {
  it.each([1, 2, 3, 4, 5])(
    'never asks for more than there is room for, all that is on its way included (seed %i)',
    async (seed) => {
      const runtime = virtualRuntime({ seed })
      const desk = new Desk(() => runtime.random())
      const sources = [desk.source('a', 1), desk.source('b', 60), desk.source('c', 60)]
      const loop: FetchLoop = new FetchLoop({
        sources,
        strict: seed === 5,
        room: () => desk.room(),
        accept: (_, deliveries) => desk.accept(deliveries.length, () => loop.notify()),
      })
      loop.start()
      while (desk.receives < RECEIVES && desk.tooMuch === undefined) await turn()
      await loop.stop()
      expect(desk.tooMuch).toBeUndefined()
    },
  )
})
