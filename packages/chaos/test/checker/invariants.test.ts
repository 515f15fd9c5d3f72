import { describe, expect, it } from 'vitest'
import { checkHistory, INVARIANTS, showJudgement } from '../../src/index.ts'
import type { Finding, HistoryEvent, Judgement, Promised } from '../../src/index.ts'
import { BROKEN, KEPT } from './cases.ts'
import { ev, wholeLife } from './events.ts'

function finding(judgement: Judgement, id: string): Finding {
  return judgement.findings.find((one) => one.id === id)!
}

function check(id: string, events: readonly HistoryEvent[], promised: Promised | undefined): Finding {
  return finding(checkHistory(events, promised), id)
}

describe('the checker', () => {
  it('has one judge for each promise', () => {
    expect(INVARIANTS.map(({ id }) => id)).toEqual(Array.from({ length: 20 }, (_, index) => `I${index + 1}`))
    expect(new Set(BROKEN.map(({ id }) => id)).size).toBe(20)
    expect(new Set(KEPT.map(({ id }) => id)).size).toBe(20)
  })

  it.each(BROKEN)('$id is broken when $name', ({ id, events, promised }) => {
    const found = check(id, events, promised)
    expect(found).toMatchObject({ outcome: 'violated', violations: 1 })
    expect(found.breaches).toHaveLength(1)
  })

  it.each(KEPT)('$id is kept when $name', ({ id, events, promised }) => {
    expect(check(id, events, promised)).toMatchObject({ outcome: 'kept', violations: 0 })
  })

  /** Of these two the evidence is a sample: what they judge are rates and trends. */
  const shown = BROKEN.filter(({ id }) => id !== 'I17' && id !== 'I18')

  it.each(shown)(
    'shows by no more than it takes that $id is broken when $name',
    ({ id, events, promised }) => {
      const [breach] = check(id, events, promised).breaches
      // Says that somebody looked, without which nothing is decided; it is no evidence.
      const looked = events.filter(({ kind }) => ['listed', 'gap', 'read', 'send'].includes(kind))
      const alone = (evidence: readonly HistoryEvent[], without?: HistoryEvent): Finding =>
        check(
          id,
          [...new Set([...evidence, ...looked])].filter((event) => event !== without),
          promised,
        )
      expect(alone(breach!.evidence).breaches.map(({ text }) => text)).toEqual([breach!.text])
      for (const event of breach!.evidence)
        expect(alone(breach!.evidence, event).breaches.map(({ text }) => text)).not.toContain(breach!.text)
    },
  )

  it('says what is missing when it cannot tell', () => {
    const unfinished = checkHistory(wholeLife().slice(0, 3))
    expect(finding(unfinished, 'I1')).toMatchObject({
      outcome: 'not decidable',
      why: '1 of 1: has not ended, and the broker was not asked what it still holds',
    })
    const waiting = checkHistory([...wholeLife().slice(0, 2), ev(9, 'counts', { ready: 1 })])
    expect(finding(waiting, 'I1').why).toContain('the broker still holds tasks')
    expect(finding(waiting, 'I13').why).toBe('no limit was promised (limits)')
    expect(finding(waiting, 'I18').why).toBe('the history holds nothing of the kind')
    expect(waiting.verdict).toBe('inconclusive')
  })

  it('gives a whole run its verdict', () => {
    expect(checkHistory([...wholeLife(), ev(90, 'counts')]).verdict).toBe('kept')
    expect(checkHistory([...wholeLife().slice(0, 2), ev(90, 'counts')]).verdict).toBe('violated')
    expect(checkHistory([]).verdict).toBe('inconclusive')
  })

  it('excuses what a fault made inevitable, and only while it lasted', () => {
    const revoked = [ev(100, 'revoked'), ev(5000, 'start')]
    const away = [ev(0, 'fault', { name: 'away', of: 'results' }), ev(200, 'healed')]
    expect(check('I19', [...away, ...revoked], undefined).outcome).toBe('kept')
    const before = [ev(0, 'fault', { name: 'away', of: 'results' }), ev(50, 'healed')]
    expect(check('I19', [...before, ...revoked], undefined).outcome).toBe('violated')
  })

  it('does not hold against a broker what it never promised', () => {
    const late = BROKEN.find(({ name }) => name === 'a late settlement is accepted')!
    expect(check('I4', late.events, { fenced: false }).outcome).toBe('kept')
  })

  it('shows the history of a breach to people', () => {
    const { events } = BROKEN.find(({ id }) => id === 'I9')!
    expect(showJudgement(checkHistory(events))).toContain(
      'VIOLATED I9  a delay is never cut short: 1 times, first: t: started 100 ms before its time',
    )
  })
})
