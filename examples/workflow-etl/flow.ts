import { chain, dag, group, step } from '@bananasjs/workflow'
import type { Signature } from '@bananasjs/workflow'
import { extract, load, report, transform, validate } from './tasks.ts'
import type { EtlReport, Origin } from './tasks.ts'

/** Each file by itself through three steps, all at once; then what came of them into the warehouse; then the report. */
export function etlFlow(origins: readonly Origin[], warehouse: string): Signature<unknown, EtlReport> {
  return dag((flow) => {
    const files = flow.node('files', group(origins.map(fileFlow), { policy: 'settled' }))
    const loaded = flow.node('load', step(load).with({ warehouse }), { inputs: { files } })
    return flow.node('report', report, { inputs: { loaded } })
  })
}

function fileFlow(origin: Origin) {
  const { table } = origin
  return chain(
    step(extract, { name: `extract ${table}` }).with(origin),
    step(transform, { name: `transform ${table}` }),
    step(validate, { name: `validate ${table}` }),
  )
}
