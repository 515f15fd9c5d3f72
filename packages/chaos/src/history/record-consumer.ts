import { QueueError } from '@bananasjs/core/contract'
import type { Consumer, Delivery, Failure, Settlement } from '@bananasjs/core/contract'
import { bodyHash } from './body-hash.ts'
import type { EventBody, History, LeaseBody } from './history-event.ts'
import { header } from './wire-headers.ts'

export interface ConsumerPlace {
  readonly queue: string
  readonly leaseMs: number
  /** @see RecordBrokerOptions */
  readonly beside?: boolean
}

/** A consumer whose hand-overs and settlements are written down. */
export function recordConsumer(inner: Consumer, history: History, place: ConsumerPlace): Consumer {
  /** Receipt → task. */
  const held = new Map<string, string>()
  const close = async (): Promise<void> => {
    // Asked for, and not confirmed: of what it held, some leases may have ended before.
    const given = [...held].map(([receipt, task]): EventBody => ({
      kind: 'settle',
      task,
      receipt,
      as: 'release',
    }))
    held.clear()
    if (given.length > 0) history.write(...given)
    await inner.close()
  }
  return {
    async receive(max, options) {
      const askedAt = history.now()
      const deliveries = await inner.receive(max, options)
      if (deliveries.length === 0) return deliveries
      const from = place.beside ? history.now() : askedAt
      for (const { receipt, message } of deliveries) held.set(receipt, message.id)
      history.write(...deliveries.map((one) => leaseOf(one, place, { askedAt, until: from + place.leaseMs })))
      return deliveries
    },
    settle: (settlements) => settle({ inner, history, held }, settlements),
    async extend(receipts, leaseMs) {
      const until = history.now() + leaseMs
      const failures = await inner.extend(receipts, leaseMs)
      const told = toldOf(receipts, failures, (receipt, lost): EventBody | undefined => {
        const task = held.get(receipt)
        if (task === undefined) return undefined
        return lost ? { kind: 'lost', task, receipt } : { kind: 'extended', task, receipt, until }
      })
      if (told.length > 0) history.write(...told)
      return failures
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

interface Recording {
  readonly inner: Consumer
  readonly history: History
  readonly held: Map<string, string>
}

async function settle(
  { inner, history, held }: Recording,
  settlements: readonly Settlement[],
): Promise<readonly Failure[]> {
  const known = settlements.filter(({ receipt }) => held.has(receipt))
  const write = (kind: 'settle' | 'unsettled'): void => {
    if (known.length > 0)
      history.write(
        ...known.map((one): EventBody => ({ kind, ...settlementOf(one, held.get(one.receipt)!) })),
      )
  }
  write('settle')
  try {
    const failures = await inner.settle(settlements)
    const told = toldOf(settlements, failures, (one, lost): EventBody | undefined => {
      const task = held.get(one.receipt)
      if (task === undefined) return undefined
      if (lost) return { kind: 'lost', task, receipt: one.receipt }
      return { kind: 'settled', ...settlementOf(one, task) }
    })
    if (told.length > 0) history.write(...told)
    const refused = new Set(failures.filter(isOpen).map(({ index }) => index))
    for (const [index, { receipt }] of settlements.entries()) if (!refused.has(index)) held.delete(receipt)
    return failures
  } catch (error) {
    write('unsettled')
    throw error
  }
}

/** Refused, but still held. */
function isOpen({ error }: Failure): boolean {
  return error.code !== 'LEASE_LOST'
}

/** One event for each that went well or was told lost; what failed otherwise is as it was. */
function toldOf<T>(
  items: readonly T[],
  failures: readonly Failure[],
  eventOf: (item: T, lost: boolean) => EventBody | undefined,
): readonly EventBody[] {
  const errors = new Map(failures.map(({ index, error }) => [index, error]))
  return items.flatMap((item, index) => {
    const error = errors.get(index)
    if (error !== undefined && !QueueError.is(error, 'LEASE_LOST')) return []
    return eventOf(item, error !== undefined) ?? []
  })
}

function settlementOf(
  settlement: Settlement,
  task: string,
): { task: string; receipt: string; as: Settlement['as']; delayMs?: number } {
  const { receipt, as } = settlement
  if (as !== 'retry') return { task, receipt, as }
  const waitMs = settlement.delayMs + Number(settlement.headers[header.hop] ?? 0)
  return { task, receipt, as, delayMs: waitMs }
}

function leaseOf(
  { message, receipt, deliveries }: Delivery,
  { queue }: ConsumerPlace,
  when: Pick<LeaseBody, 'askedAt' | 'until'>,
): LeaseBody {
  const { id, headers, priority, group, body } = message
  const unique = headers[header.unique]
  return {
    kind: 'lease',
    task: id,
    receipt,
    queue,
    priority,
    hash: bodyHash(body),
    attempt: Number(headers[header.attempt] ?? 1),
    deliveries,
    ...when,
    ...(group !== undefined && { group }),
    ...(unique !== undefined && { unique }),
  }
}
