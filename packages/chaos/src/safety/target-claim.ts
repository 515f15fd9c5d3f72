import { QueueError } from '@bananasjs/core'
import type { ResultBackend, Timer } from '@bananasjs/core/contract'
import { systemRuntime } from '@bananasjs/core/contract'

const TTL_MS = 10_000
const REFRESH_MS = 2000

/** Whose experiment it is. */
export interface Claimant {
  readonly title: string
  /** Somebody else has the target now: this one was silent for too long. Told once. */
  readonly onLost?: (() => void) | undefined
}

/**
 * Makes sure that no second experiment runs on the same store at the same time. The claim ends by itself when its holder
 * dies. Returns what gives it back. Without a result backend nothing can be claimed, and nothing is.
 * @throws QueueError CONFLICT naming the one that runs
 */
export async function claimTarget(
  results: ResultBackend | undefined,
  namespace: string,
  { title, onLost }: Claimant,
): Promise<() => Promise<void>> {
  if (results === undefined) return async () => undefined
  const key = `${namespace}.chaos.running`
  const mine = Buffer.from(JSON.stringify({ title, id: systemRuntime.id() }))
  const stored = await results.swap(key, null, mine, TTL_MS)
  if (stored === null || !mine.equals(stored)) throw taken(stored)
  let timer: Timer
  let given = false
  const refresh = async (): Promise<void> => {
    try {
      const kept = await results.swap(key, mine, mine, TTL_MS)
      // It had ended, and nobody has taken it meanwhile, or somebody has.
      const now = kept === null && !given ? await results.swap(key, null, mine, TTL_MS) : kept
      if (now !== null && !mine.equals(now)) return onLost?.()
    } catch {
      // Next time: the claim outlives four failures.
    }
    if (!given) timer = systemRuntime.setTimer(() => void refresh(), REFRESH_MS, true)
  }
  timer = systemRuntime.setTimer(() => void refresh(), REFRESH_MS, true)
  return async () => {
    given = true
    timer.cancel()
    await results.swap(key, mine, null, 0).catch(() => undefined)
  }
}

function taken(stored: Uint8Array | null): QueueError {
  const { title } = JSON.parse(Buffer.from(stored ?? new Uint8Array()).toString() || '{}') as {
    title?: string
  }
  return new QueueError(
    'CONFLICT',
    `Another experiment runs on this target: "${title ?? 'unknown'}". Wait for its end, or stop it: bananas chaos stop.`,
  )
}
