import { crypto } from './builtins.ts'

const POOL_BYTES = 4096
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/**
 * A generator of UUIDv7 that never goes backwards: RFC 9562, section 6.2, method 1 (a 12-bit counter in
 * `rand_a`, seeded low each millisecond), advancing the timestamp when the counter runs over or the clock steps back.
 */
export function createUuidV7(
  now: () => number,
  fill: (bytes: Uint8Array) => void = (bytes) => void crypto().randomFillSync(bytes),
): () => string {
  const pool = new Uint8Array(POOL_BYTES)
  let at = POOL_BYTES
  let lastMs = 0
  let counter = 0
  let prefix = ''

  function random8(): number {
    if (at + 8 > POOL_BYTES) {
      fill(pool)
      at = 0
    }
    const start = at
    at += 8
    return start
  }

  function tick(start: number): void {
    const ms = now()
    if (ms > lastMs) {
      lastMs = ms
      counter = pool[start]! & 0x7f // leaves room for more than 3,900 ids in this millisecond
    } else if (++counter > 0xfff) {
      lastMs += 1
      counter = 0
    } else return
    const hex = lastMs.toString(16).padStart(12, '0')
    prefix = `${hex.slice(0, 8)}-${hex.slice(8)}-7`
  }

  return () => {
    const i = random8()
    tick(i)
    const variant = HEX[(pool[i]! & 0x3f) | 0x80]!
    const tail =
      HEX[pool[i + 2]!]! +
      HEX[pool[i + 3]!]! +
      HEX[pool[i + 4]!]! +
      HEX[pool[i + 5]!]! +
      HEX[pool[i + 6]!]! +
      HEX[pool[i + 7]!]!
    return `${prefix}${HEX[counter >> 8]![1]!}${HEX[counter & 0xff]!}-${variant}${HEX[pool[i + 1]!]!}-${tail}`
  }
}

export function isUuidV7(id: string): boolean {
  return id.length === 36 && id[14] === '7' && id[8] === '-' && id[13] === '-'
}

/** What every UUIDv7 of that moment begins with: as text, older ones sort before it and younger ones after. */
export function uuidV7Prefix(epochMs: number): string {
  const hex = Math.max(0, Math.floor(epochMs)).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}`
}

/** The time inside a UUIDv7 as epoch milliseconds, or `undefined` for any other id. */
export function uuidV7Time(id: string): number | undefined {
  if (!isUuidV7(id)) return undefined
  const ms = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
  return Number.isNaN(ms) ? undefined : ms
}
