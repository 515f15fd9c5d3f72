/** A worker of its own: takes what is in the queue until nothing comes any more, and prints the ids it acknowledged. */
import { sqlite } from '../src/index.ts'

const [path = '', mode = 'work', leaseMs = '10000'] = process.argv.slice(2)
const { broker } = sqlite(path)
const consumer = await broker.consume('shared', { leaseMs: Number(leaseMs), prefetch: 100 })

if (mode === 'hold') {
  const held = await consumer.receive(100, { waitMs: 5000 })
  process.stdout.write(`${JSON.stringify(held.map((delivery) => delivery.message.id))}\n`)
  setInterval(() => undefined, 1000) // until killed
} else if (mode === 'echo') {
  process.stdout.write('ready\n')
  for (;;) {
    const [delivery] = await consumer.receive(1, { waitMs: 3000 })
    if (delivery === undefined) break
    process.stdout.write(`${delivery.message.id} ${performance.timeOrigin + performance.now()}\n`)
    await consumer.settle([{ receipt: delivery.receipt, as: 'ack' }])
  }
  await broker.close()
} else {
  const acknowledged: string[] = []
  for (;;) {
    const deliveries = await consumer.receive(20, { waitMs: 500 })
    if (deliveries.length === 0) break
    const failures = await consumer.settle(deliveries.map(({ receipt }) => ({ receipt, as: 'ack' })))
    const lost = new Set(failures.map(({ index }) => index))
    acknowledged.push(...deliveries.filter((_, index) => !lost.has(index)).map(({ message }) => message.id))
  }
  await broker.close()
  process.stdout.write(`${JSON.stringify(acknowledged)}\n`)
}
