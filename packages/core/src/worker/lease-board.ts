import type { HeldTask } from './held-task.ts'

/** Shared with the lease thread: a heartbeat, then slots of [state, queue, length, bytes…]. */
export const BOARD_HEADER_BYTES = 8
export const SLOT_HEADER_BYTES = 12
export const SLOT_FREE = 0
export const SLOT_USED = 1

export interface BoardLayout {
  readonly memory: SharedArrayBuffer
  readonly slots: number
  readonly slotBytes: number
}

export function slotOffset(layout: BoardLayout, slot: number): number {
  return BOARD_HEADER_BYTES + slot * (SLOT_HEADER_BYTES + layout.slotBytes)
}

/**
 * The receipts this worker holds, in memory that another thread can read while this one is stuck in a handler.
 * Writing one costs a fraction of a microsecond, so even the shortest task is on it.
 */
export class LeaseBoard {
  readonly layout: BoardLayout
  readonly #heartbeat: BigInt64Array
  readonly #words: DataView
  readonly #bytes: Buffer
  readonly #free: number[]

  /** `receiptBytes`: a longer receipt is not kept alive through a blocked loop. */
  constructor(slots: number, receiptBytes: number) {
    // Slots start on multiples of four, for Atomics.
    const slotBytes = Math.ceil(receiptBytes / 4) * 4
    const memory = new SharedArrayBuffer(
      Math.ceil((BOARD_HEADER_BYTES + slots * (SLOT_HEADER_BYTES + slotBytes)) / 8) * 8,
    )
    this.layout = { memory, slots, slotBytes }
    this.#heartbeat = new BigInt64Array(memory, 0, 1)
    this.#words = new DataView(memory)
    this.#bytes = Buffer.from(memory)
    this.#free = Array.from({ length: slots }, (_, index) => slots - 1 - index)
  }

  /** This thread is alive at `monotonicMs`. */
  beat(monotonicMs: number): void {
    Atomics.store(this.#heartbeat, 0, BigInt(Math.floor(monotonicMs)))
  }

  add(task: HeldTask, queue: number): void {
    const { receipt } = task.delivery
    const slot =
      receipt.length * 3 > this.layout.slotBytes && Buffer.byteLength(receipt) > this.layout.slotBytes
        ? undefined
        : this.#free.pop()
    if (slot === undefined) return
    const at = slotOffset(this.layout, slot)
    const length = this.#bytes.write(receipt, at + SLOT_HEADER_BYTES)
    this.#words.setInt32(at + 4, queue, true)
    this.#words.setInt32(at + 8, length, true)
    this.#words.setInt32(at, SLOT_USED, true)
    task.boardSlot = slot
  }

  remove(task: HeldTask): void {
    const slot = task.boardSlot
    if (slot === undefined) return
    task.boardSlot = undefined
    this.#words.setInt32(slotOffset(this.layout, slot), SLOT_FREE, true)
    this.#free.push(slot)
  }
}

/** Read side. A receipt torn by a write in progress is told LEASE_LOST by the broker, which harms nobody. */
export function readBoard(layout: BoardLayout): {
  readonly heartbeat: number
  readonly receipts: ReadonlyMap<number, readonly string[]>
} {
  const heartbeat = Number(Atomics.load(new BigInt64Array(layout.memory, 0, 1), 0))
  const words = new DataView(layout.memory)
  const bytes = Buffer.from(layout.memory)
  const receipts = new Map<number, string[]>()
  for (let slot = 0; slot < layout.slots; slot += 1) {
    const at = slotOffset(layout, slot)
    if (words.getInt32(at, true) !== SLOT_USED) continue
    const queue = words.getInt32(at + 4, true)
    const length = Math.min(words.getInt32(at + 8, true), layout.slotBytes)
    const receipt = bytes.toString('utf8', at + SLOT_HEADER_BYTES, at + SLOT_HEADER_BYTES + length)
    receipts.set(queue, [...(receipts.get(queue) ?? []), receipt])
  }
  return { heartbeat, receipts }
}

/** The one clock both threads share. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n)
}
