import type { Broker, Consumer, Delivery, ResultBackend, Transport } from '@bananasjs/core/contract'
import type { Link } from './link.ts'

/** A store at the other end of a link. Looking into queues goes past it: only those who judge do that. */
export function simTransport(store: Transport, link: Link): Transport {
  return {
    broker: simBroker(store.broker, link),
    ...(store.results && { results: simResults(store.results, link) }),
    // Lossy by contract, and so nothing is gained by losing more.
    ...(store.channel && { channel: store.channel }),
  }
}

function simBroker(inner: Broker, link: Link): Broker {
  return {
    name: inner.name,
    supports: inner.supports,
    open: (options) => inner.open(options),
    close: () => inner.close(),
    [Symbol.asyncDispose]: () => inner.close(),
    publish: (queue, messages, options) =>
      link.call(() => inner.publish(queue, messages), { ...options, repeatable: true }),
    consume: async (queue, options) => {
      const { signal, ...wanted } = options
      return simConsumer(await link.call(() => inner.consume(queue, wanted), { signal }), link)
    },
  }
}

function simConsumer(inner: Consumer, link: Link): Consumer {
  const close = (): Promise<void> => link.call(() => inner.close())
  const giveBack = (deliveries: readonly Delivery[]): void => {
    if (deliveries.length > 0)
      void inner
        .settle(deliveries.map(({ receipt }) => ({ receipt, as: 'release' as const })))
        .catch(() => undefined)
  }
  return {
    receive: (max, { waitMs, signal } = {}) =>
      link.call((over) => inner.receive(max, { waitMs, signal: over }), {
        waitMs,
        signal,
        onStranded: giveBack,
      }),
    settle: (settlements) => link.call(() => inner.settle(settlements), { repeatable: true }),
    extend: (receipts, leaseMs) => link.call(() => inner.extend(receipts, leaseMs), { repeatable: true }),
    close,
    [Symbol.asyncDispose]: close,
  }
}

function simResults(inner: ResultBackend, link: Link): ResultBackend {
  return {
    name: inner.name,
    supports: inner.supports,
    open: (options) => inner.open(options),
    close: () => inner.close(),
    [Symbol.asyncDispose]: () => inner.close(),
    put: (records, options) => link.call(() => inner.put(records), { ...options, repeatable: true }),
    get: (ids, options) => link.call(() => inner.get(ids), { ...options }),
    swap: (key, expected, next, ttlMs) => link.call(() => inner.swap(key, expected, next, ttlMs)),
    arrive: (join, positions, ttlMs) =>
      link.call(() => inner.arrive(join, positions, ttlMs), { repeatable: true }),
  }
}
