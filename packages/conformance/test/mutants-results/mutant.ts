import type { Channel, ResultBackend, Transport } from '@bananasjs/core/contract'
import { memory, memoryStore } from '@bananasjs/core/memory'
import type { Harness } from '../../src/index.ts'

/** An adapter with one thing wrong. */
export interface Mutant {
  readonly name: string
  /** The clauses that must catch it. */
  readonly kills: readonly string[]
  /** A harness of its own, with a store of its own. */
  readonly harness: () => Harness
}

type Change<Part> = (part: Part, transport: Transport) => Partial<Part>

/** The in-memory transport, with something wrong in its results. `make` runs once per store, its result once per client. */
export function resultMutant(
  name: string,
  kills: readonly string[],
  make: () => Change<ResultBackend>,
): Mutant {
  return mutant(name, kills, () => {
    const change = make()
    return (base) => ({ ...base, results: resultsWith(base.results!, change(base.results!, base)) })
  })
}

export function channelMutant(name: string, kills: readonly string[], make: () => Change<Channel>): Mutant {
  return mutant(`as a channel ${name}`, kills, () => {
    const change = make()
    return (base) => ({ ...base, channel: channelWith(base.channel!, change(base.channel!, base)) })
  })
}

export function mutant(
  name: string,
  kills: readonly string[],
  make: () => (base: Transport) => Transport,
): Mutant {
  return {
    name,
    kills,
    harness() {
      const store = memoryStore()
      const mutate = make()
      return { create: () => mutate(memory({ store })) }
    },
  }
}

/** All calls go to `base`, but for those of `change`. */
export function resultsWith(base: ResultBackend, change: Partial<ResultBackend>): ResultBackend {
  return {
    name: base.name,
    supports: base.supports,
    open: (options) => base.open(options),
    close: () => base.close(),
    put: (records, options) => base.put(records, options),
    get: (ids, options) => base.get(ids, options),
    swap: (key, expected, next, ttlMs) => base.swap(key, expected, next, ttlMs),
    arrive: (join, positions, ttlMs) => base.arrive(join, positions, ttlMs),
    watch: (ids, options) => base.watch!(ids, options),
    [Symbol.asyncDispose]: () => (change.close ?? (() => base.close()))(),
    ...change,
  }
}

export function channelWith(base: Channel, change: Partial<Channel>): Channel {
  return {
    name: base.name,
    supports: base.supports,
    open: (options) => base.open(options),
    close: () => base.close(),
    broadcast: (topic, payload) => base.broadcast(topic, payload),
    listen: (topics, options) => base.listen(topics, options),
    [Symbol.asyncDispose]: () => (change.close ?? (() => base.close()))(),
    ...change,
  }
}

export function asText(bytes: Uint8Array): Uint8Array {
  return Buffer.from(Buffer.from(bytes).toString())
}

export function equal(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : Buffer.compare(a, b) === 0
}

export async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms))
}
