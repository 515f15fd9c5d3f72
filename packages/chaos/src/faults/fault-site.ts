import type { BlastRadius } from '../safety/blast-radius.ts'
import type { Bites } from './bites.ts'
import type { Fault, FaultKind } from './fault.ts'

export interface ArmOptions {
  /** The fault ends by itself after this long, whatever becomes of who armed it. */
  readonly forMs: number
  /** What may be hit at all. */
  readonly blast?: BlastRadius | undefined
  /** Everything random of this fault derives from it. */
  readonly seed?: number | undefined
  /** How long it has been armed elsewhere: a process that comes later joins its schedule. */
  readonly sinceMs?: number | undefined
}

/** A fault that is at work. */
export interface Injection {
  readonly fault: Fault
  bites(): Bites
  /** Multiplies the fault's rate, for a ramp; 0 to 1. */
  scale(share: number): void
  /** From now on it ends by itself only after this long: who armed it is still there. */
  prolong(forMs: number): void
  /** Resolves once nothing of the fault is left. Idempotent. */
  disarm(): Promise<void>
}

/** A place where faults can be let loose: an application, a proxy, a crew of processes, a server. */
export interface FaultSite {
  readonly name: string
  readonly kinds: readonly FaultKind[]
  /** @throws QueueError INVALID for a fault that cannot be had here */
  arm(fault: Fault, options: ArmOptions): Injection | Promise<Injection>
  /** What this fault would hit now, in words. */
  targets(fault: Fault): readonly string[]
}
