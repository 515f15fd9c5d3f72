import { QueueError } from '@bananasjs/core'
import type { ResultBackend, Timer } from '@bananasjs/core/contract'
import { systemRuntime } from '@bananasjs/core/contract'

const TTL_MS = 10_000
const REFRESH_MS = 2000

/**
 * Makes sure that no second experiment runs on the same store at the same time. The claim ends by itself when its holder
 * dies. Returns what gives it back. Without a result backend nothing can be claimed, and nothing is.
 * @throws QueueError CONFLICT naming the one that runs
 */
export async function claimTarget(
  results: ResultBackend | undefined,
  namespace: string,
  title: string,
): Promise<() => Promise<void>> {
  if (results === undefined) return async () => undefined
  const key = `${namespace}.chaos.running`
  const mine = Buffer.from(JSON.stringify({ title, id: systemRuntime.id() }))
  const stored = await results.swap(key, null, mine, TTL_MS)
  if (stored === null || !mine.equals(stored)) throw taken(stored)
  let timer: Timer
  const refresh = (): void => {
    void results.swap(key, mine, mine, TTL_MS).catch(() => undefined)
    timer = systemRuntime.setTimer(refresh, REFRESH_MS, true)
  }
  timer = systemRuntime.setTimer(refresh, REFRESH_MS, true)
  return async () => {
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
