import type { Broker, Consumer, ResultBackend, Transport } from '@bananasjs/core/contract'

/** A transport of a process that may die: from then on nothing leaves it, and no answer reaches it. */
export interface Mortal {
  readonly transport: Transport
  readonly alive: boolean
  die(): void
}

export function mortal(inner: Transport): Mortal {
  const death = new AbortController()
  const { signal } = death
  const guard = <T>(call: () => Promise<T>): Promise<T> => {
    if (signal.aborted) return new Promise(() => {})
    return new Promise((resolve, reject) => {
      call().then(
        (value) => void (signal.aborted || resolve(value)),
        (error: unknown) => void (signal.aborted || reject(error)),
      )
    })
  }
  return {
    transport: {
      broker: mortalBroker(inner.broker, guard, signal),
      ...(inner.results && { results: mortalResults(inner.results, guard) }),
      ...(inner.channel && { channel: inner.channel }),
    },
    get alive() {
      return !signal.aborted
    },
    die: () => death.abort(),
  }
}

type Guard = <T>(call: () => Promise<T>) => Promise<T>

function mortalBroker(inner: Broker, guard: Guard, death: AbortSignal): Broker {
  return {
    name: inner.name,
    supports: inner.supports,
    open: (options) => guard(() => inner.open(options)),
    close: () => guard(() => inner.close()),
    [Symbol.asyncDispose]: () => guard(() => inner.close()),
    publish: (queue, messages, options) => guard(() => inner.publish(queue, messages, options)),
    consume: (queue, options) =>
      guard(async () => mortalConsumer(await inner.consume(queue, options), guard, death)),
  }
}

function mortalConsumer(inner: Consumer, guard: Guard, death: AbortSignal): Consumer {
  return {
    // What the dead had asked for is not theirs any more: their connection has ended.
    receive: (max, { waitMs, signal } = {}) =>
      guard(() => inner.receive(max, { waitMs, signal: signal ? AbortSignal.any([signal, death]) : death })),
    settle: (settlements) => guard(() => inner.settle(settlements)),
    extend: (receipts, leaseMs) => guard(() => inner.extend(receipts, leaseMs)),
    close: () => guard(() => inner.close()),
    [Symbol.asyncDispose]: () => guard(() => inner.close()),
  }
}

function mortalResults(inner: ResultBackend, guard: Guard): ResultBackend {
  return {
    name: inner.name,
    supports: { ...inner.supports, watch: false },
    open: (options) => guard(() => inner.open(options)),
    close: () => guard(() => inner.close()),
    [Symbol.asyncDispose]: () => guard(() => inner.close()),
    put: (records, options) => guard(() => inner.put(records, options)),
    get: (ids, options) => guard(() => inner.get(ids, options)),
    swap: (key, expected, next, ttlMs) => guard(() => inner.swap(key, expected, next, ttlMs)),
    arrive: (join, positions, ttlMs) => guard(() => inner.arrive(join, positions, ttlMs)),
  }
}
