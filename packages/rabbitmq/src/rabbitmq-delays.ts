/** Grain of the shortest level. */
const UNIT_MS = 25
/** Delays of a second and more are rounded up to this, which spares most of them two levels. */
const COARSE_UNITS = 4
const COARSE_FROM_MS = 1000

/** How many levels there are; level n keeps a message for 25 ms · 2^n. */
export const LEVELS = 28
/** All levels one after the other: about 77 days. */
export const MAX_DELAY_MS: number = UNIT_MS * (2 ** LEVELS - 1) - COARSE_UNITS * UNIT_MS

export function levelMs(level: number): number {
  return UNIT_MS * 2 ** level
}

/** Where a delayed message enters the levels, and the way it takes: a word per level, 1 for those it waits on. */
export interface DelayPath {
  readonly level: number
  readonly path: string
}

/**
 * A delay in binary, as NServiceBus and Celery keep theirs: whatever its length, it takes a queue per bit and no plugin.
 * Never early; late by a unit, and by the way from queue to queue.
 */
export function delayPath(delayMs: number): DelayPath {
  const grain = delayMs >= COARSE_FROM_MS ? COARSE_UNITS : 1
  const units = Math.max(1, Math.ceil(delayMs / UNIT_MS / grain) * grain)
  const bits = units.toString(2)
  return { level: bits.length - 1, path: bits.padStart(LEVELS, '0').split('').join('.') }
}

/** What the exchange of a level sends to that level's queue (`1`), or past it (`0`). */
export function levelPattern(level: number, bit: 0 | 1): string {
  return `${'*.'.repeat(LEVELS - 1 - level)}${bit}.#`
}
