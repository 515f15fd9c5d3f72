import type { QueueError } from '@bananasjs/core/contract'
import type { Argument } from './redis-driver.ts'
import type { RedisLink } from './redis-link.ts'
import type { Claim, Operation, TurnReply } from './redis-turn.ts'
import { pushOperation, pushUnclaim, runTurn } from './redis-turn.ts'

/** Most settlements of one call, so that no call holds up the server for long. */
const MOST = 1000

interface Slot {
  readonly batch: Batch
  readonly index: number
}

interface Batch {
  /** Positions, in the caller's array, of receipts that are stale. */
  readonly stale: number[]
  /** Calls this batch takes part in that have not been answered. */
  open: number
  readonly resolve: (stale: readonly number[]) => void
  readonly reject: (error: unknown) => void
}

interface Draft {
  readonly acks: string[]
  readonly ackSlots: Slot[]
  readonly operations: Argument[]
  readonly operationSlots: Slot[]
  claim: (Claim & { resolve: (reply: TurnReply) => void; reject: (error: unknown) => void }) | undefined
  leaving: boolean
  readonly leavers: Batch[]
}

/**
 * Gathers what a consumer asks for within one turn of the event loop into one call: the settlements of what has just
 * ended, and the claim of what may begin. One round trip per batch is where the throughput comes from.
 */
export class Turns {
  readonly #link: RedisLink
  readonly #keys: readonly string[]
  /** Claims whose answers were lost with a connection; the next call takes them back. */
  #lost: Claim[] = []
  #draft: Draft | undefined

  constructor(link: RedisLink, keys: readonly string[]) {
    this.#link = link
    this.#keys = keys
  }

  /** @returns positions of the operations whose receipt is stale; @throws QueueError when the call failed */
  settle(operations: readonly Operation[]): Promise<readonly number[]> {
    if (operations.length === 0) return Promise.resolve([])
    return new Promise((resolve, reject) => {
      const batch: Batch = { stale: [], open: 0, resolve, reject }
      let draft: Draft | undefined
      for (let index = 0; index < operations.length; index += 1) {
        const next = this.#room()
        if (next !== draft) {
          draft = next
          batch.open += 1
        }
        add(draft, operations[index]!, { batch, index })
      }
    })
  }

  claim(claim: Claim): Promise<TurnReply> {
    return new Promise((resolve, reject) => {
      this.#room().claim = { ...claim, resolve, reject }
    })
  }

  /** Puts back whatever of these claims is still held; this consumer looks no longer, so what is left is for others. */
  giveBack(claims: readonly Claim[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const draft = this.#room()
      for (const claim of claims) pushUnclaim(draft.operations, claim)
      draft.leaving = true
      draft.leavers.push({ stale: [], open: 1, resolve: () => resolve(), reject })
    })
  }

  /** The answer of this claim will never come: its leases go back with the next call. */
  noteLost(claim: Claim): void {
    this.#lost.push(claim)
  }

  #room(): Draft {
    const full = this.#draft
    if (full !== undefined && full.acks.length + full.operationSlots.length >= MOST) this.#flush()
    if (this.#draft === undefined) {
      this.#draft = {
        acks: [],
        ackSlots: [],
        operations: [],
        operationSlots: [],
        claim: undefined,
        leaving: false,
        leavers: [],
      }
      // After everything that runs now, promises included: a worker settles first and asks for more right after.
      queueMicrotask(() => process.nextTick(() => this.#flush()))
    }
    return this.#draft
  }

  #flush(): void {
    const draft = this.#draft
    if (draft === undefined) return
    this.#draft = undefined
    const lost = this.#lost
    this.#lost = []
    for (const claim of lost) pushUnclaim(draft.operations, claim)
    runTurn(this.#link, this.#keys, draft).then(
      (reply) => succeed(draft, reply),
      (error: QueueError) => {
        this.#lost.push(...lost)
        if (draft.claim !== undefined && error.code === 'CONNECTION_LOST') this.#lost.push(draft.claim)
        draft.claim?.reject(error)
        for (const batch of batchesOf(draft)) batch.reject(error)
      },
    )
  }
}

function add(draft: Draft, operation: Operation, slot: Slot): void {
  if (operation.as === 'ack') {
    draft.acks.push(operation.receipt)
    draft.ackSlots.push(slot)
  } else {
    pushOperation(draft.operations, operation)
    draft.operationSlots.push(slot)
  }
}

function succeed(draft: Draft, reply: TurnReply): void {
  const { ackSlots, operationSlots, claim } = draft
  for (const position of reply.stale) {
    const { batch, index } = ackSlots[position] ?? operationSlots[position - ackSlots.length]!
    batch.stale.push(index)
  }
  claim?.resolve(reply)
  for (const batch of batchesOf(draft)) {
    batch.open -= 1
    if (batch.open === 0) batch.resolve(batch.stale)
  }
}

function batchesOf({ ackSlots, operationSlots, leavers }: Draft): Set<Batch> {
  const batches = new Set<Batch>(leavers)
  for (const { batch } of ackSlots) batches.add(batch)
  for (const { batch } of operationSlots) batches.add(batch)
  return batches
}
