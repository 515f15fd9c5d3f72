import type { Finding, Judgement } from '../checker/findings.ts'
import { INVARIANTS } from '../checker/invariants/index.ts'
import { showBreach } from '../checker/show-judgement.ts'
import type { InvariantReport } from './report.ts'

const SHOWN = 3

/**
 * The promises I1 to I20, as the checker finds them in what everybody wrote down, joined with what the ledger says of
 * some: broken for one of them is broken, and what one leaves open the other may tell.
 */
export function withHistory(
  ledger: readonly InvariantReport[],
  judgement: Judgement | undefined,
): readonly InvariantReport[] {
  const findings = judgement?.findings ?? INVARIANTS.map(unwritten)
  const joined = findings.map((finding) =>
    join(
      finding,
      ledger.find(({ id }) => id === finding.id),
    ),
  )
  return [...joined, ...ledger.filter(({ id }) => !findings.some((finding) => finding.id === id))]
}

function unwritten({ id, title }: (typeof INVARIANTS)[number]): Finding {
  const why = 'nobody wrote down what happened (history: false)'
  return { id, title, outcome: 'not decidable', why, judged: 0, violations: 0, breaches: [] }
}

function join(finding: Finding, known: InvariantReport | undefined): InvariantReport {
  const { id, title, why, outcome, breaches } = finding
  if (outcome === 'violated') {
    const evidence = breaches.slice(0, SHOWN).flatMap((breach) => showBreach(breach))
    return { id, title, outcome: 'violated', detail: why, evidence }
  }
  if (known?.outcome === 'violated') return known
  if (outcome === 'kept') {
    const detail = known?.outcome === 'held' ? `${why}; ${known.detail}` : why
    return { id, title, outcome: 'held', detail }
  }
  return known?.outcome === 'held' ? known : { id, title, outcome: 'not checked', detail: why }
}
