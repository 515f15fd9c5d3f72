import type { Bites } from '../faults/bites.ts'
import type { Fault } from '../faults/fault.ts'
import type { BlastRadius } from '../safety/blast-radius.ts'

/** One fault as it is told to another process. */
export interface WantedFault {
  readonly id: string
  readonly fault: Fault
  readonly seed: number
  readonly scale: number
  readonly sinceMs: number
  readonly blast?: BlastRadius | undefined
}

/** What is to be armed now; all else is to end. Said again and again: who does not hear it for `ttlMs` ends everything. */
export interface Wanted {
  readonly chaos: 'wanted'
  readonly faults: readonly WantedFault[]
  readonly ttlMs: number
}

/** What came of it in one process. */
export interface Bitten {
  readonly chaos: 'bitten'
  readonly process: string
  readonly bites: Readonly<Record<string, Bites>>
  /** Faults this process refuses, and why. */
  readonly refused: Readonly<Record<string, string>>
}

/** A process is there and asks what is wanted. */
export interface Hello {
  readonly chaos: 'hello'
}

export type LineMessage = Wanted | Bitten | Hello

export function isLineMessage(message: unknown): message is LineMessage {
  return typeof message === 'object' && message !== null && typeof (message as LineMessage).chaos === 'string'
}
