import type { Bucket, Cell } from './nats-bucket.ts'

const ABSENT: Cell = { seq: 0, value: undefined, ttlMs: 0 }

interface Change {
  readonly expected: Uint8Array | null
  readonly value: Uint8Array | null
  readonly ttlMs: number
}

/** Compare and set by revision. @returns what is stored afterwards; the caller's own copy */
export async function swapFact(
  bucket: Bucket,
  key: string,
  { expected, value, ttlMs }: Change,
): Promise<Uint8Array | null> {
  // An absent key is most often taken at once.
  let cell = expected === null && value !== null ? ABSENT : await bucket.read(key)
  for (;;) {
    if (!isSame(cell.value, expected)) return cell.value ?? null
    if (value === null && cell.value === undefined) return null
    const seq = await bucket.write(key, { value, ttlMs, expected: cell.seq })
    if (seq !== undefined) return value === null ? null : Uint8Array.from(value)
    cell = await bucket.read(key)
  }
}

function isSame(stored: Uint8Array | undefined, expected: Uint8Array | null): boolean {
  if (stored === undefined || expected === null) return stored === undefined && expected === null
  return Buffer.compare(stored, expected) === 0
}
