import type { TaskContext } from '@bananasjs/core'
import { HEADER } from '../plan/node-ref.ts'
import type { Source } from './gather-value.ts'

/** Renewed while the step runs; a claim whose holder went away without a word ends by itself. */
const CLAIM_MS = 30_000
const RENEW_MS = 10_000
const HANDED_BACK = 'bananas-handed-back'

export interface Claim {
  /** Stops renewing; given up at once when the run came to nothing, so that nobody waits for the rest. */
  end(givenUp: boolean): Promise<void>
}

/**
 * The right of one message to run its step: a step that may have been sent twice runs in one of its messages only, and again
 * only in the same one, whose lease was lost or which is tried again. `undefined` when another message has it.
 */
export async function claimStep(source: Source, context: TaskContext): Promise<Claim | undefined> {
  const { namespace, runtime, results } = source.host
  const key = `${namespace}.workflow.${context.id}.claim`
  const message = context.headers[HEADER.once]!
  const mine = Buffer.from(`${message} ${runtime.id()}`)
  const holder = await results!.swap(key, null, mine, CLAIM_MS)
  if (!mine.equals(holder ?? mine)) {
    if (!isOwn(holder!, message) || !isRepeated(context)) return undefined
    const taken = await results!.swap(key, holder, mine, CLAIM_MS)
    if (taken !== null && !mine.equals(taken)) return undefined
  }
  return keep(source, key, mine)
}

function isOwn(holder: Uint8Array, message: string): boolean {
  return Buffer.from(holder).toString().startsWith(`${message} `)
}

/** Tried again, or handed over by the broker once more: the run before is over, or has lost its lease. */
function isRepeated({ attempt, deliveries, headers }: TaskContext): boolean {
  return attempt > 1 || deliveries > attempt + Number(headers[HANDED_BACK] ?? 0)
}

function keep({ host }: Source, key: string, mine: Uint8Array): Claim {
  const results = host.results!
  const renew = (): void => {
    // A renewal that fails is made up for by the next one; two in a row, and the step may run twice.
    results.swap(key, mine, mine, CLAIM_MS).catch(() => {})
    timer = host.runtime.setTimer(renew, RENEW_MS, true)
  }
  let timer = host.runtime.setTimer(renew, RENEW_MS, true)
  return {
    async end(givenUp) {
      timer.cancel()
      if (givenUp) await results.swap(key, mine, null, 0).catch(() => {})
    },
  }
}
