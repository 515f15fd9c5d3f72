import type { Comparison } from '@bananasjs/chaos'
import { loadChaos } from '../chaos/load-chaos.ts'
import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'
import type { Output } from '../output/output.ts'
import type { PlainContext } from '../session/context.ts'

export async function action(
  { out }: PlainContext,
  flags: { readonly slower: string },
  [before = '', after = '']: readonly string[],
): Promise<number> {
  const slower = Number(flags.slower)
  if (!(slower >= 1)) throw new CliError(`--slower must be a number of at least 1, not "${flags.slower}".`)
  const { compareReports, readReport } = await loadChaos()
  const comparison = compareReports(await readReport(before), await readReport(after), { slower })
  showComparison(out, comparison)
  return comparison.passed ? EXIT.done : EXIT.failed
}

/** One line a measure. */
export function showComparison(out: Output, { rows }: Comparison): void {
  out.rows(rows, ['', 'before', 'after', ''], ({ what, before, after, outcome }) => [
    what,
    before,
    after,
    outcome === 'same' ? '' : outcome,
  ])
}
