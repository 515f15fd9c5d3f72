import { sqlite } from '@bananasjs/sqlite'

/** Publishes without end and says each id once it was acknowledged. Argument: the file. */
const { broker } = sqlite({ path: process.argv[2]!, synchronous: 'FULL' })
await broker.open()
for (let n = 0; ; n += 1) {
  const batch = Array.from({ length: 20 }, (_, at) => ({
    id: `${process.pid}-${n}-${at}`,
    headers: {},
    body: Buffer.from('x'),
    priority: 50,
    delayMs: 0,
  }))
  const failures = await broker.publish('default', batch)
  const failed = new Set(failures.map(({ index }) => index))
  const stored = batch.filter((_, at) => !failed.has(at)).map(({ id }) => `${id}\n`)
  await new Promise((resolve) => process.stdout.write(stored.join(''), resolve))
}
