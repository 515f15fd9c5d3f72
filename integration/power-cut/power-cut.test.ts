import { expect, test } from 'vitest'
import { cutPower } from './cut-power.ts'
import { STORES } from './stores.ts'

/** Needs Linux, root and a loop device, as the fault does; elsewhere this fails and says so. */
test.each(STORES.filter(({ survives }) => survives))(
  '$name with $settings keeps every acknowledged task when the power is cut',
  async (store) => {
    const outcome = await cutPower(store, { cuts: 1, tasks: 3000 })
    expect(outcome).toMatchObject({ cuts: 1, lost: 0 })
    expect(outcome.acknowledged).toBeGreaterThanOrEqual(3000)
  },
)

/** The cut bites: what is only in the caches of the operating system is gone. */
test('SQLite with synchronous=NORMAL loses what it acknowledged last', async () => {
  const store = STORES.find(({ settings }) => settings === 'synchronous=NORMAL')!
  const { lost } = await cutPower(store, { cuts: 1, tasks: 3000 })
  expect(lost).toBeGreaterThan(0)
})
