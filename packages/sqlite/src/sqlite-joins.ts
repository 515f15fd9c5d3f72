import type { SqliteClient } from './sqlite-client.ts'

/** Positions per stored page: 512 bytes, so one arrival rewrites half a kilobyte however wide the join is. */
const PAGE_POSITIONS = 4096

/** Marks positions as arrived; returns how many distinct ones have. Inside a write only. */
export function arrive(
  client: SqliteClient,
  name: string,
  positions: readonly number[],
  ttlMs: number,
): number {
  let arrived = arrivedSoFar(client, name)
  for (const [page, offsets] of byPage(positions)) arrived += markPage(client, name, page, offsets)
  client
    .prepare('INSERT OR REPLACE INTO bananas_joins (name, expires_at, arrived) VALUES (?, ?, ?)')
    .run(name, client.after(ttlMs), arrived)
  return arrived
}

function arrivedSoFar(client: SqliteClient, name: string): number {
  const row = client.prepare('SELECT expires_at, arrived FROM bananas_joins WHERE name = ?').get(name)
  const join = row as { expires_at: number; arrived: number } | undefined
  if (join === undefined) return 0
  if (join.expires_at > client.now()) return join.arrived
  client.prepare('DELETE FROM bananas_arrivals WHERE name = ?').run(name)
  return 0
}

function byPage(positions: readonly number[]): Map<number, number[]> {
  const pages = new Map<number, number[]>()
  for (const position of positions) {
    const page = Math.floor(position / PAGE_POSITIONS)
    const offsets = pages.get(page)
    if (offsets === undefined) pages.set(page, [position % PAGE_POSITIONS])
    else offsets.push(position % PAGE_POSITIONS)
  }
  return pages
}

/** @returns how many of the offsets are new. */
function markPage(client: SqliteClient, name: string, page: number, offsets: readonly number[]): number {
  const row = client.prepare('SELECT bits FROM bananas_arrivals WHERE name = ? AND page = ?').get(name, page)
  const bits = (row as { bits: Uint8Array } | undefined)?.bits ?? new Uint8Array(PAGE_POSITIONS / 8)
  let fresh = 0
  for (const offset of offsets) {
    const byte = offset >> 3
    const mask = 1 << (offset & 7)
    if ((bits[byte]! & mask) !== 0) continue
    bits[byte]! |= mask
    fresh += 1
  }
  if (fresh > 0)
    client
      .prepare('INSERT OR REPLACE INTO bananas_arrivals (name, page, bits) VALUES (?, ?, ?)')
      .run(name, page, bits)
  return fresh
}
