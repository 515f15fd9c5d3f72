/** The known word that a mistyped one most likely means, or `undefined` when none is close. */
export function nearestWord(wrong: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((word) => ({ word, distance: distanceOf(wrong, word) }))
    .toSorted((a, b) => a.distance - b.distance)
  const [best] = ranked
  return best !== undefined && best.distance <= Math.max(2, wrong.length / 3) ? best.word : undefined
}

/** ` Did you mean "kill"?`, or nothing. */
export function didYouMean(wrong: string, known: readonly string[]): string {
  const near = nearestWord(wrong, known)
  return near === undefined ? ` Known: ${known.join(', ')}.` : ` Did you mean "${near}"?`
}

/** Levenshtein's distance, row by row. */
function distanceOf(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const changed = above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min(above[j]! + 1, row[j - 1]! + 1, changed))
    }
    above = row
  }
  return above[b.length]!
}
