import { describe, expect, it } from 'vitest'
import { CATALOG, FAULT_KINDS } from '../../src/index.ts'
import type { FaultKind } from '../../src/faults/fault.ts'
import { until } from '../faults/stage.ts'
import { CALL_ROWS, CLOCK_ROWS } from './call-rows.ts'
import { LINK_ROWS } from './link-rows.ts'
import { MESSAGE_ROWS } from './message-rows.ts'
import { PROCESS_ROWS } from './process-rows.ts'
import type { Row } from './row.ts'
import { NEED_ROOT, SERVER_ROWS } from './server-rows.ts'
import { TASK_ROWS } from './task-rows.ts'

/** A fault without a row does not compile, and fails below. */
const ROWS: { readonly [Kind in FaultKind]: Row<Kind> } = {
  ...TASK_ROWS,
  ...MESSAGE_ROWS,
  ...CALL_ROWS,
  ...CLOCK_ROWS,
  ...LINK_ROWS,
  ...PROCESS_ROWS,
  ...SERVER_ROWS,
}
const LONG_MS = 60_000
const SHORT_MS = 400
const root = process.getuid?.() === 0

describe('the catalogue', { timeout: 60_000 }, () => {
  it('has a trial for every fault, and every fault a summary', () => {
    expect(Object.keys(ROWS).toSorted()).toEqual(FAULT_KINDS.toSorted())
    expect(FAULT_KINDS.filter((kind) => CATALOG[kind].summary === '')).toEqual([])
    for (const kind of FAULT_KINDS) expect(ROWS[kind].fault.kind).toBe(kind)
  })

  it.each(FAULT_KINDS)('%s bites, tells so, is undone, and ends by itself', async (kind) => {
    const row = ROWS[kind]
    if (NEED_ROOT.includes(kind) && !root) {
      await expect(row.open()).rejects.toMatchObject({ code: 'UNSUPPORTED' })
      return
    }
    const place = await row.open()
    expect(await place.hurt(), 'hurt before there was a fault').toBe(false)
    const injection = await place.arm(row.fault, LONG_MS)
    expect(await place.hurt(injection), 'not hurt by the fault').toBe(true)
    expect(injection.bites().count).toBeGreaterThan(0)
    await injection.disarm()
    expect(await place.hurt(), 'hurt after the fault').toBe(false)
    await place.arm(row.fault, SHORT_MS)
    await until('it has ended by itself', async () => !(await place.hurt()))
  })
})
