import type { Fault, FaultOf, Injection } from '../../src/index.ts'
import type { FaultKind } from '../../src/faults/fault.ts'

/** How one fault is tried. */
export interface Row<Kind extends FaultKind> {
  readonly fault: FaultOf<Kind>
  readonly open: () => Promise<Place> | Place
}

export type Rows<Layer extends string> = {
  readonly [Kind in FaultKind as Kind extends `${Layer}.${string}` ? Kind : never]: Row<Kind>
}

/** Where a fault can be let loose. */
export interface Place {
  readonly arm: (fault: Fault, forMs: number) => Injection | Promise<Injection>
  /** Does what such a fault hits, and says whether it was hurt. */
  readonly hurt: (injection?: Injection) => Promise<boolean>
}

const MOMENT_MS = 300
const PATIENCE_MS = 15_000

/** Looks until it is seen: with a fault for as long as it may take to show, without one for a moment. */
export async function seen(
  injection: Injection | undefined,
  look: () => boolean | Promise<boolean>,
): Promise<boolean> {
  const deadline = performance.now() + (injection === undefined ? MOMENT_MS : PATIENCE_MS)
  while (performance.now() < deadline) {
    if (await look()) return true
    await pause(10)
  }
  return false
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** Is it still not over after so long? What becomes of it later is nobody's concern. */
export async function takesLonger(work: Promise<unknown>, ms: number): Promise<boolean> {
  work.catch(() => undefined)
  return Promise.race([
    work.then(
      () => false,
      () => false,
    ),
    pause(ms).then(() => true),
  ])
}

interface Failed {
  readonly code?: string
  readonly cause?: { readonly code?: string; readonly name?: string }
}

export async function errorOf(work: Promise<unknown>): Promise<Failed | undefined> {
  return work.then(
    () => undefined,
    (error: unknown) => error as Failed,
  )
}
