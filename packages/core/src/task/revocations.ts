import type { ResultBackend } from '../contract/result-backend.ts'
import type { Parts } from './parts.ts'

const TRIES = 20
/** Workers check every task for so long after a revocation, and after that only tasks that are older. */
export const OUTSTANDING_MS = 86_400_000

function keyOf(parts: Parts): string {
  return `${parts.namespace}.revocations`
}

/** Lets every worker know that, for `forMs` from now, tasks must be checked before they start. */
export async function bumpRevocations(results: ResultBackend, parts: Parts, forMs: number): Promise<void> {
  const next = Buffer.from(parts.runtime.id())
  let current = await results.swap(keyOf(parts), null, next, forMs)
  for (let tries = 0; tries < TRIES && current !== null && !next.equals(current); tries += 1) {
    current = await results.swap(keyOf(parts), current, next, forMs)
  }
}

/** True while revocations are outstanding. One read of one key. */
export async function revocationsOutstanding(results: ResultBackend, parts: Parts): Promise<boolean> {
  return (await results.swap(keyOf(parts), null, null, 0)) !== null
}
