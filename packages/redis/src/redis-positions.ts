/** Positions of a join as the script reads them: rows of neighbours, each `from count`. Members of a group end nearly in order. */
export function packPositions(positions: readonly number[]): string {
  const sorted = positions.toSorted((a, b) => a - b)
  const rows: string[] = []
  for (let at = 0; at < sorted.length;) {
    const from = sorted[at]!
    let to = from
    for (; at < sorted.length && sorted[at]! <= to + 1; at += 1) to = sorted[at]!
    rows.push(`${from} ${to - from + 1}`)
  }
  return rows.join(' ')
}
