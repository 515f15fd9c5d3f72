import { QueueError } from '@bananasjs/core/contract'
import type {
  Broker,
  Consumer,
  Delivery,
  Headers,
  Message,
  ResultBackend,
  Settlement,
  Transport,
} from '@bananasjs/core/contract'

/** One thing that is wrong with a store, and the promises that it breaks: one of them must be named. */
export interface BrokenStore {
  readonly name: string
  readonly breaks: readonly string[]
  /** Made once for each run. */
  readonly wrap: () => (transport: Transport) => Transport
}

interface Change {
  readonly broker?: (base: Broker) => Partial<Broker>
  readonly consumer?: (base: Consumer) => Partial<Consumer>
  readonly results?: (base: ResultBackend) => Partial<ResultBackend>
}

function broken(name: string, breaks: readonly string[], make: () => Change): BrokenStore {
  return {
    name,
    breaks,
    wrap() {
      const change = make()
      return (transport) => ({
        ...transport,
        broker: brokerWith(transport.broker, change),
        results: resultsWith(transport.results!, change),
      })
    },
  }
}

function brokerWith(base: Broker, { broker, consumer }: Change): Broker {
  const changed: Broker = {
    name: base.name,
    supports: base.supports,
    open: () => base.open(),
    close: () => base.close(),
    publish: (queue, messages) => base.publish(queue, messages),
    consume: (queue, options) => base.consume(queue, options),
    [Symbol.asyncDispose]: () => base.close(),
    ...(base.inspect && { inspect: (queue) => base.inspect!(queue) }),
    ...(base.queues && { queues: () => base.queues!() }),
    ...(base.purge && { purge: (queue) => base.purge!(queue) }),
    ...(base.deadLetters && { deadLetters: base.deadLetters }),
    ...broker?.(base),
  }
  if (consumer === undefined) return changed
  return {
    ...changed,
    consume: async (queue, options) => {
      const inner = await changed.consume(queue, options)
      return {
        receive: (max, how) => inner.receive(max, how),
        settle: (all) => inner.settle(all),
        extend: (receipts, leaseMs) => inner.extend(receipts, leaseMs),
        close: () => inner.close(),
        [Symbol.asyncDispose]: () => inner.close(),
        ...consumer(inner),
      }
    },
  }
}

function resultsWith(base: ResultBackend, { results }: Change): ResultBackend {
  return {
    name: base.name,
    supports: base.supports,
    open: () => base.open(),
    close: () => base.close(),
    put: (records) => base.put(records),
    get: (ids) => base.get(ids),
    swap: (key, expected, next, ttlMs) => base.swap(key, expected, next, ttlMs),
    arrive: (join, positions, ttlMs) => base.arrive(join, positions, ttlMs),
    [Symbol.asyncDispose]: () => base.close(),
    ...results?.(base),
  }
}

/** Settlements become others on their way, or vanish. */
function settling(change: (one: Settlement) => Settlement | undefined): Change {
  return { consumer: (base) => ({ settle: (all) => base.settle(all.flatMap((one) => change(one) ?? [])) }) }
}

export const BROKEN_STORES: readonly BrokenStore[] = [
  broken('loses a message when its lease comes back the first time', ['I1'], () => {
    const lost = new Set<string>()
    return {
      consumer: (base) => ({
        async receive(max, options) {
          const got = await base.receive(max, options)
          const gone = got.filter(({ deliveries, message }) => deliveries === 2 && !lost.has(message.id))
          for (const { message } of gone) lost.add(message.id)
          await base.settle(gone.map(({ receipt }) => ({ receipt, as: 'ack' })))
          return got.filter((one) => !gone.includes(one))
        },
      }),
    }
  }),
  broken('says yes to a message and forgets it', ['I1'], () => {
    let count = 0
    return {
      broker: (base) => ({
        publish: (queue, messages) =>
          base.publish(
            queue,
            messages.filter(() => (count += 1) % 4 !== 0),
          ),
      }),
    }
  }),
  broken('acknowledges in words alone', ['I3', 'I6'], () =>
    settling((one) => (one.as === 'ack' ? undefined : one)),
  ),
  broken('ends leases when half their time is over', ['I4'], () => ({
    broker: (base) => ({
      consume: (queue, options) => base.consume(queue, { ...options, leaseMs: options.leaseMs / 2 }),
    }),
    consumer: (base) => ({ extend: (receipts, leaseMs) => base.extend(receipts, leaseMs / 2) }),
  })),
  broken('prolongs in words alone', ['I4'], () => ({ consumer: () => ({ extend: async () => [] }) })),
  broken('believes any receipt', ['I4', 'I3', 'I6'], () => ({
    consumer: (base) => ({
      async settle(all) {
        await base.settle(all)
        return []
      },
    }),
  })),
  broken('retries at once, whatever the wait', ['I9'], () =>
    settling((one) => (one.as === 'retry' ? { ...one, delayMs: 0 } : one)),
  ),
  broken('delays nothing', ['I9'], () => ({
    broker: (base) => ({
      publish: (queue, messages) =>
        base.publish(
          queue,
          messages.map((message) => ({ ...message, delayMs: 0 })),
        ),
    }),
  })),
  broken('puts a dead letter back into its queue', ['I6', 'I8'], () =>
    settling((one) =>
      one.as === 'deadLetter'
        ? { receipt: one.receipt, as: 'retry', delayMs: 1000, headers: nextAttempt(one.headers) }
        : one,
    ),
  ),
  broken('forgets unique keys after a moment', ['I12'], () => ({
    results: (base) => ({
      swap: (key, expected, next, ttlMs) => base.swap(key, expected, next, Math.min(ttlMs, 20)),
    }),
  })),
  broken('counts an attempt for what is given back', ['I7'], () =>
    settling((one) =>
      one.as === 'retry' ? { ...one, headers: { ...one.headers, 'bananas-attempt': '9' } } : one,
    ),
  ),
  broken('throws dead letters away', ['I8'], () =>
    settling((one) => (one.as === 'deadLetter' ? { receipt: one.receipt, as: 'ack' } : one)),
  ),
  broken('alters a body on its way', ['I2'], () => ({
    consumer: (base) => ({
      async receive(max, options) {
        const got = await base.receive(max, options)
        return got.map((one) => (one.deliveries < 2 ? one : { ...one, message: altered(one.message) }))
      },
    }),
  })),
  broken('hands over a batch from its end', ['I10'], () => ({
    consumer: (base) => ({
      receive: async (max, options) => (await base.receive(max, options)).toReversed(),
    }),
  })),
  broken('lets a later result take the place of a final one', ['I5'], () => ({
    results: (base) => ({
      async put(records) {
        await base.put(records.map((record) => ({ ...record, state: 'queued' })))
        return base.put(records)
      },
    }),
  })),
  broken('forgets results after a moment', ['I5'], () => ({
    results: (base) => ({ put: (records) => base.put(records.map((record) => ({ ...record, ttlMs: 20 }))) }),
  })),
  broken('lets everybody win a compare-and-set', ['I12'], () => ({
    results: (base) => ({
      async swap(key, expected, next, ttlMs) {
        if (next === null) return base.swap(key, expected, next, ttlMs)
        return base.swap(key, await base.swap(key, null, null, 0), next, ttlMs)
      },
    }),
  })),
  broken('never takes a message back from the dead', ['stuck'], () => ({
    broker: (base) => ({
      consume: (queue, options) => base.consume(queue, { ...options, leaseMs: options.leaseMs + 1e9 }),
    }),
    consumer: () => ({ extend: async () => [] }),
  })),
  broken('hands a message to the next one too, once', ['I4', 'I6'], () => {
    let last: Delivery | undefined
    return {
      consumer: (base) => ({
        async receive(max, options) {
          const got = await base.receive(max, options)
          const again = got.length > 0 && got.length < max ? last : undefined
          last = again === undefined ? got[0] : undefined
          return again === undefined ? got : [...got, again]
        },
      }),
    }
  }),
  broken('says that a settled receipt is lost', ['I1', 'stuck', 'I8'], () => ({
    consumer: (base) => ({
      async settle(all) {
        await base.settle(all.map(({ receipt }) => ({ receipt, as: 'ack' })))
        return all.map((_, index) => ({ index, error: new QueueError('LEASE_LOST', 'Too late, it says.') }))
      },
    }),
  })),
]

function altered(message: Message): Message {
  return { ...message, body: Buffer.from(Buffer.from(message.body).toString().replace(/\d+/, '0')) }
}

function nextAttempt(headers: Headers = {}): Headers {
  return { ...headers, 'bananas-attempt': String(Number(headers['bananas-attempt'] ?? 1) + 1) }
}
