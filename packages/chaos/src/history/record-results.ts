import type { ResultBackend, ResultRecord } from '@bananasjs/core/contract'
import type { EventBody, History } from './history-event.ts'

/** A result backend whose records are written down. Coordination, `swap` and `arrive`, is judged by what follows from it. */
export function recordResults(inner: ResultBackend, history: History): ResultBackend {
  return {
    name: inner.name,
    supports: inner.supports,
    open: (options) => inner.open(options),
    close: () => inner.close(),
    [Symbol.asyncDispose]: () => inner.close(),
    async put(records, options) {
      const failures = await inner.put(records, options)
      const refused = new Set(failures.map(({ index }) => index))
      const stored = records.filter((_, index) => !refused.has(index))
      if (stored.length > 0) history.write(...stored.map(putOf))
      return failures
    },
    async get(ids, options) {
      const askedAt = history.now()
      const records = await inner.get(ids, options)
      if (ids.length > 0) history.write(...ids.map((task, index) => readOf(task, records[index], askedAt)))
      return records
    },
    swap: (key, expected, next, ttlMs) => inner.swap(key, expected, next, ttlMs),
    arrive: (join, positions, ttlMs) => inner.arrive(join, positions, ttlMs),
    ...(inner.watch && { watch: (ids, options) => watch(inner, history, { ids, options }) }),
  }
}

function putOf({ id, state, ttlMs }: ResultRecord): EventBody {
  return { kind: 'put', task: id, state, ttlMs }
}

function readOf(task: string, record: ResultRecord | undefined, askedAt: number): EventBody {
  return { kind: 'read', task, state: record?.state ?? 'unknown', askedAt }
}

async function* watch(
  inner: ResultBackend,
  history: History,
  { ids, options }: { ids: readonly string[]; options: Parameters<NonNullable<ResultBackend['watch']>>[1] },
): AsyncGenerator<ResultRecord> {
  const askedAt = history.now()
  for await (const record of inner.watch!(ids, options)) {
    history.write(readOf(record.id, record, askedAt))
    yield record
  }
}
