import type { CustomProbe } from '../experiment/experiment.ts'
import { describeExpectation, withinBounds } from '../experiment/measures.ts'
import { confidenceOf } from './confidence.ts'
import type { ContinuousProbe, ContinuousStop } from './continuous-plan.ts'
import type { RollingWindow } from './rolling-window.ts'

export interface Windows {
  /** The last minute. */
  readonly recent: RollingWindow
  readonly recentMs: number
  /** What the score looks back on. */
  readonly long: RollingWindow
  readonly target: number
}

/** `undefined` while nobody can tell. */
export function measureNow(probe: ContinuousProbe, windows: Windows): number | undefined {
  const { recent, recentMs, long, target } = windows
  if (probe === 'confidence') return confidenceOf(long.read(), target).score
  const { succeeded, failed, dead } = recent.read()
  if (probe === 'dead') return dead
  if (probe === 'throughput') return (succeeded * 1000) / recentMs
  if (probe === 'success-rate') return share(succeeded, succeeded + dead)
  return share(failed, succeeded + failed)
}

/** The first condition that is met now, in words. A probe that does not answer counts as met: then nobody sees anything. */
export async function firstStop(
  stops: readonly ContinuousStop[],
  windows: Windows,
): Promise<string | undefined> {
  for (const stop of stops) {
    const { probe } = stop
    const name = typeof probe === 'string' ? probe : probe.name
    try {
      const value = typeof probe === 'string' ? measureNow(probe, windows) : await ask(probe)
      if (value !== undefined && withinBounds(stop, value))
        return `stop condition: ${describe(stop)}: it is ${Math.round(value * 1000) / 1000}`
    } catch (error) {
      return `stop condition: ${name} gave no answer: ${error instanceof Error ? error.message : String(error)}`
    }
  }
  return undefined
}

function describe({ probe, ...bounds }: ContinuousStop): string {
  const name = typeof probe === 'string' ? probe : probe.name
  return describeExpectation({ ...bounds, probe: { name, measure: () => 0 } })
}

const PATIENCE_MS = 5000

async function ask({ measure }: CustomProbe): Promise<number> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing within ${PATIENCE_MS} ms`)), PATIENCE_MS)
  })
  try {
    const value = await Promise.race([measure(), late])
    if (typeof value !== 'number' || Number.isNaN(value)) throw new TypeError(`it answered ${String(value)}`)
    return value
  } finally {
    clearTimeout(timer)
  }
}

function share(part: number, whole: number): number | undefined {
  return whole === 0 ? undefined : part / whole
}
