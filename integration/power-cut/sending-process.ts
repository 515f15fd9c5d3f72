import { appendFileSync } from 'node:fs'
import { Bananas } from '@bananasjs/core'
import { numbered } from './numbered.ts'
import { STORES } from './stores.ts'

/**
 * Sends tasks until it is killed, and writes down the number of each that was acknowledged. Arguments: the store, its
 * address, the file to write to, and the first number.
 */
const [store = '', address = '', file = '', first = '0'] = process.argv.slice(2)
/** Singly sent, as by as many callers. */
const IN_FLIGHT = 100
const app = new Bananas({ transport: STORES[Number(store)]!.connect(address) })
await app.open()
let next = Number(first)
await Promise.all(
  Array.from({ length: IN_FLIGHT }, async () => {
    for (;;) {
      const number = next++
      await app.enqueue(numbered, number)
      appendFileSync(file, `${number}\n`)
    }
  }),
)
