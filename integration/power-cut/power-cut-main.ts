import { parseArgs } from 'node:util'
import { keepPowerCuts, writePage } from '../chaos/kept-runs.ts'
import { cutPower } from './cut-power.ts'
import type { PowerCutOutcome } from './cut-power.ts'
import { STORES } from './stores.ts'

/**
 * What a power cut takes, store by store: `node integration/power-cut/power-cut-main.ts --cuts 10 --tasks 10000`. Needs root.
 * Writes what the docs show. Exit code 1 when a store lost what it should have kept.
 */
const { values } = parseArgs({
  options: { cuts: { type: 'string', default: '10' }, tasks: { type: 'string', default: '10000' } },
})
const outcomes: PowerCutOutcome[] = []
for (const store of STORES) {
  const outcome = await cutPower(store, { cuts: Number(values.cuts), tasks: Number(values.tasks) })
  process.stdout.write(`${JSON.stringify(outcome)}\n`)
  outcomes.push(outcome)
}
keepPowerCuts(outcomes)
await writePage()
process.exit(outcomes.some(({ survives, lost }) => survives && lost > 0) ? 1 : 0)
