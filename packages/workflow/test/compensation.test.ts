import { defineTask } from '@bananasjs/core'
import { describe, expect, it } from 'vitest'
import { chain, group, step } from '../src/index.ts'
import { echo, fail, testFlows } from './app.ts'

const book = defineTask<{ what: string }, { ticket: string }>('book', { retry: false })
const cancelBooking = defineTask<{ ticket: string }, void>('cancel-booking', { retry: false })

function travel() {
  const test = testFlows()
  const log: string[] = []
  const start = async () => {
    const worker = test.app.worker({ drain: 100 })
    worker.handle(book, ({ what }) => {
      log.push(`book ${what}`)
      return { ticket: what }
    })
    worker.handle(cancelBooking, ({ ticket }) => {
      log.push(`cancel ${ticket}`)
      if (ticket === 'car') throw new Error('no way back')
    })
    worker.handle(fail, () => {
      throw new Error('no room')
    })
    worker.handle(echo, (input) => input)
    await worker.start()
  }
  const booking = (what: string) => step(book).with({ what }).immutable().compensate(cancelBooking)
  return { ...test, log, start, booking }
}

describe('compensation', () => {
  it('takes back what succeeded, the last first, before the workflow fails', async () => {
    const { flows, log, start, booking } = travel()
    await start()
    const run = await flows.start(chain(booking('flight'), booking('hotel'), fail, booking('never')))
    await expect(run.result()).rejects.toThrow('no room')
    expect(log).toEqual(['book flight', 'book hotel', 'cancel hotel', 'cancel flight'])
  })

  it('goes on when one of them fails, and the workflow fails with the first error', async () => {
    const { flows, log, start, booking } = travel()
    await start()
    const run = await flows.start(chain(booking('flight'), booking('car'), fail))
    await expect(run.result()).rejects.toThrow('no room')
    expect(log).toEqual(['book flight', 'book car', 'cancel car', 'cancel flight'])
  })

  it('waits for the members of a group that still run, and takes those back, too', async () => {
    const { flows, log, start, booking } = travel()
    await start()
    const late = booking('late').options({ delay: 30 })
    const run = await flows.start(chain(group([fail, late]), echo))
    await expect(run.result()).rejects.toThrow('no room')
    expect(log).toEqual(['book late', 'cancel late'])
  })

  it('of nothing is nothing', async () => {
    const { flows, log, start, booking } = travel()
    await start()
    const run = await flows.start(chain(fail, booking('never')))
    await expect(run.result()).rejects.toThrow('no room')
    expect(log).toEqual([])
  })

  it('does not happen in a workflow that succeeds', async () => {
    const { flows, log, start, booking } = travel()
    await start()
    const run = await flows.start(chain(booking('flight'), echo))
    expect(await run.result()).toEqual({ ticket: 'flight' })
    expect(log).toEqual(['book flight'])
  })
})
