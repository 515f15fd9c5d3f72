import { parseArgs } from 'node:util'
import { keepPowerCut, writePage } from '../chaos/kept-runs.ts'
import { cutPower } from './cut-power.ts'
import { STORES } from './stores.ts'
import type { Store } from './stores.ts'

/**
 * What a power cut takes: `node integration/power-cut/power-cut-main.ts [STORE …] --cuts 10 --tasks 10000`, the stores by name
 * and settings, all of them unless some are named. Needs root. Makes docs/resilience.md of what was measured last of each.
 * Exit code 1 when a store lost what it should have kept.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { cuts: { type: 'string', default: '10' }, tasks: { type: 'string', default: '10000' } },
})
const known = STORES.map(titleOf)
const unknown = positionals.filter((title) => !known.includes(title))
if (unknown.length > 0) throw new Error(`There is no ${unknown.join(', ')}. There are: ${known.join('; ')}.`)
let kept = true
for (const store of STORES) {
  const { survives } = store
  if (positionals.length > 0 && !positionals.includes(titleOf(store))) continue
  process.stdout.write(`${titleOf(store)}: `)
  const outcome = await cutPower(store, { cuts: Number(values.cuts), tasks: Number(values.tasks) })
  const { acknowledged, lost, unacknowledged } = outcome
  process.stdout.write(`${acknowledged} acknowledged, ${lost} lost, ${unacknowledged} more were there\n`)
  keepPowerCut(outcome)
  if (survives && lost > 0) kept = false
}
await writePage()
process.exit(kept ? 0 : 1)

function titleOf({ name, settings }: Store): string {
  return `${name} ${settings}`
}
