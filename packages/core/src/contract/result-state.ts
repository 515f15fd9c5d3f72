import type { ResultState } from './result-backend.ts'

const FINAL: ReadonlySet<string> = new Set<ResultState>(['succeeded', 'failed', 'cancelled', 'expired'])

/** True for the four states nothing but a new life (`queued`) may follow. */
export function isFinal(state: ResultState): boolean {
  return FINAL.has(state)
}
