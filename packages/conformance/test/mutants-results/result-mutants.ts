import { isFinal, QueueError } from '@bananasjs/core/contract'
import type { ResultBackend, ResultRecord, Transport } from '@bananasjs/core/contract'
import { memory } from '@bananasjs/core/memory'
import { asText, equal, mutant, pause, resultMutant, resultsWith } from './mutant.ts'
import type { Mutant } from './mutant.ts'

const FINE = Promise.resolve([])

export const RESULT_MUTANTS: readonly Mutant[] = [
  resultMutant('stores after it said so', ['PUT-1'], () => (base) => ({
    put: (records) => {
      void pause(30).then(() => base.put(records).catch(() => [])) // closed by then
      return FINE
    },
  })),
  resultMutant('leaves out what it does not find', ['PUT-2'], () => (base) => ({
    get: async (ids) => (await base.get(ids)).filter((one) => one !== undefined),
  })),
  resultMutant('fails on an empty batch', ['PUT-3'], () => (base) => ({
    put: (records) =>
      records.length > 0 ? base.put(records) : Promise.reject(new QueueError('INVALID', 'no records')),
  })),
  resultMutant('keeps values as text', ['PUT-4', 'SWAP-6', 'WATCH-1'], () => (base) => ({
    put: (records) => base.put(records.map((one) => ({ ...one, value: asText(one.value) }))),
    swap: (key, expected, next, ttlMs) =>
      base.swap(key, expected && asText(expected), next && asText(next), ttlMs),
  })),
  resultMutant('keeps the first record whatever comes', ['PUT-5', 'PUT-7'], () => (base) => ({
    async put(records) {
      for (const one of records) if ((await base.get([one.id]))[0] === undefined) await base.put([one])
      return []
    },
  })),
  resultMutant('lets a result regress', ['PUT-6', 'PUT-8'], () => (base) => ({
    put: (records) => base.put(records.flatMap((one) => [{ ...one, state: 'queued' as const }, one])),
  })),
  resultMutant('grants no second life', ['PUT-7', 'WATCH-7'], () => (base) => ({
    async put(records) {
      for (const one of records) {
        const [stored] = await base.get([one.id])
        if (stored === undefined || !isFinal(stored.state)) await base.put([one])
      }
      return []
    },
  })),
  resultMutant('takes a batch from its end', ['PUT-8'], () => (base) => ({
    put: (records) => base.put(records.toReversed()),
  })),
  resultMutant('looks whether a state is final, then writes', ['PUT-9'], () => (base) => ({
    async put(records) {
      for (const one of records) {
        const [stored] = await base.get([one.id])
        await pause(2)
        if (stored === undefined || !isFinal(stored.state) || one.state === 'queued')
          await base.put([{ ...one, state: 'queued' }, one])
      }
      return []
    },
  })),
  resultMutant('takes five hundred records at once', ['PUT-10'], () => (base) => ({
    put: (records) => base.put(records.slice(0, 500)),
  })),
  resultMutant('spells names in its own way', ['PUT-11', 'SWAP-10', 'JOIN-8'], () => (base) => ({
    put: (records) => base.put(records.map((one) => ({ ...one, id: spelled(one.id) }))),
    get: async (ids) => (await base.get(ids.map(spelled))).map((one, at) => one && { ...one, id: ids[at]! }),
    swap: (key, ...rest) => base.swap(spelled(key), ...rest),
    arrive: (join, ...rest) => base.arrive(spelled(join), ...rest),
  })),
  resultMutant('counts only the first bytes of a name', ['PUT-11', 'SWAP-10', 'JOIN-8'], () => (base) => ({
    put: (records) => base.put(records.map((one) => ({ ...one, id: one.id.slice(0, 200) }))),
    get: async (ids) =>
      (await base.get(ids.map((id) => id.slice(0, 200)))).map((one, at) => one && { ...one, id: ids[at]! }),
    swap: (key, ...rest) => base.swap(key.slice(0, 200), ...rest),
    arrive: (join, ...rest) => base.arrive(join.slice(0, 200), ...rest),
  })),
  resultMutant('keeps the buffers of its callers', ['PUT-12', 'SWAP-11'], () => {
    const records = new Map<string, ResultRecord>()
    const facts = new Map<string, Uint8Array>()
    return () => ({
      put(all) {
        for (const one of all) records.set(one.id, one)
        return FINE
      },
      get: async (ids) => ids.map((id) => records.get(id)),
      async swap(key, expected, next) {
        if (equal(facts.get(key) ?? null, expected) && next !== null) facts.set(key, next)
        return facts.get(key) ?? null
      },
    })
  }),
  resultMutant('answers a swap with what was before', ['SWAP-1', 'SWAP-3'], () => (base) => ({
    async swap(key, expected, next, ttlMs) {
      const before = await base.swap(key, null, null, 0)
      await base.swap(key, expected, next, ttlMs)
      return before
    },
  })),
  resultMutant('swaps whatever is there', ['SWAP-2'], () => (base) => ({
    swap: async (key, expected, next, ttlMs) =>
      expected === null && next === null
        ? base.swap(key, null, null, 0)
        : base.swap(key, await base.swap(key, null, null, 0), next, ttlMs),
  })),
  resultMutant('never removes a key', ['SWAP-3'], () => (base) => ({
    swap: (key, expected, next, ttlMs) =>
      next === null ? base.swap(key, null, null, 0) : base.swap(key, expected, next, ttlMs),
  })),
  resultMutant('takes an absent key whatever is expected', ['SWAP-4'], () => (base) => ({
    swap: async (key, expected, next, ttlMs) => {
      const stored = await base.swap(key, null, null, 0)
      return base.swap(key, stored === null ? null : expected, next, ttlMs)
    },
  })),
  resultMutant('takes no bytes for no value', ['SWAP-5'], () => (base) => ({
    swap: (key, expected, next, ttlMs) => base.swap(key, some(expected), some(next), ttlMs),
  })),
  resultMutant('compares first and sets later', ['SWAP-7', 'SWAP-8'], () => (base) => ({
    async swap(key, expected, next, ttlMs) {
      const stored = await base.swap(key, null, null, 0)
      if ((expected === null && next === null) || !equal(stored, expected)) return stored
      await pause(2)
      return base.swap(key, await base.swap(key, null, null, 0), next, ttlMs)
    },
  })),
  resultMutant('has one table for records and keys', ['SWAP-9'], () => (base) => ({
    swap: async (key, expected, next, ttlMs) =>
      (await base.swap(key, expected, next, ttlMs)) ?? (await base.get([key]))[0]?.value ?? null,
  })),
  resultMutant('takes more than it declares', ['SWAP-12', 'RESULTS-2'], () => (base) => ({
    supports: Object.freeze({ ...base.supports, maxValueBytes: 65_536 }),
  })),
  resultMutant('cuts values at 64 KiB', ['SWAP-12', 'RESULTS-3'], () => (base) => ({
    put: (records) => base.put(records.map((one) => ({ ...one, value: one.value.subarray(0, 65_536) }))),
    swap: (key, expected, next, ttlMs) => base.swap(key, expected, next && next.subarray(0, 65_536), ttlMs),
  })),
  resultMutant('fails a whole put for one large value', ['RESULTS-2'], () => (base) => ({
    put: async (records) => {
      const failures = await base.put(records)
      if (failures.length > 0) throw failures[0]!.error
      return failures
    },
  })),
  resultMutant('has no proper name', ['RESULTS-1'], () => () => ({ name: 'My Store' })),
  resultMutant('asks no signal', ['RESULTS-4'], () => (base) => ({
    open: () => base.open(),
    put: (records) => base.put(records),
    get: (ids) => base.get(ids),
  })),
  resultMutant('closes once', ['RESULTS-5'], () => (base) => {
    let closed = false
    return {
      close() {
        if (closed) return Promise.reject(new QueueError('CLOSED', 'closed already'))
        closed = true
        return base.close()
      },
    }
  }),
  resultMutant('works on after close', ['RESULTS-6', 'RESULTS-8'], () => () => ({
    close: () => Promise.resolve(),
  })),
  resultMutant('loses with its client what it was told', ['RESULTS-8', 'PUT-1', 'SWAP-1'], () => () => own()),
  resultMutant('closes the broker with its results', ['RESULTS-9'], () => (base, { broker }) => ({
    close: async () => {
      await Promise.all([base.close(), broker.close()])
    },
  })),
  mutant(
    'has results on all clients but the first',
    ['PUT-1', 'SWAP-1', 'JOIN-1', 'WATCH-1', 'RESULTS-1'],
    () => {
      let clients = 0
      return ({ broker, ...rest }) => (clients++ === 0 ? { broker } : { ...rest, broker })
    },
  ),
  cutMutant(
    'never comes back after a cut',
    () => () => Promise.reject(new QueueError('CONNECTION_LOST', 'cut')),
  ),
  cutMutant('forgets at a cut', () => async (ids) => ids.map(() => undefined)),
]

/** A backend of this client alone. */
function own(): ResultBackend {
  return resultsWith(memory().results!, {})
}

function cutMutant(name: string, getAfterCut: () => ResultBackend['get']): Mutant {
  return {
    name,
    kills: ['CRASH-5'],
    harness() {
      const cut = new Set<unknown>()
      const base = memory()
      return {
        create() {
          const transport: Transport = {
            broker: base.broker,
            results: resultsWith(base.results!, {
              get: (ids, options) =>
                cut.has(transport) ? getAfterCut()(ids) : base.results!.get(ids, options),
              close: () => Promise.resolve(),
            }),
          }
          return transport
        },
        crash: (transport) => void cut.add(transport),
      }
    },
  }
}

function spelled(name: string): string {
  return name.toLowerCase().normalize('NFC').trim()
}

function some(value: Uint8Array | null): Uint8Array | null {
  return value === null || value.length === 0 ? null : value
}
