import { isFinal } from '../contract/index.ts'
import type { ResultRecord } from '../contract/index.ts'
import type { MemoryStore } from './memory-store.ts'

export interface Watching {
  readonly store: MemoryStore
  readonly ids: readonly string[]
  readonly closing: AbortSignal
  readonly signal: AbortSignal | undefined
}

/** The final records of `ids`, each once, as they come. Holds nothing in the store before it is read from. */
export async function* watchRecords(
  { store, ids, closing, signal }: Watching,
  check: () => void,
): AsyncGenerator<ResultRecord> {
  check()
  const left = new Set(ids)
  const found: ResultRecord[] = []
  let wake: () => void = () => undefined
  const tell = (record: ResultRecord): void => {
    if (left.delete(record.id)) found.push(record)
    wake()
  }
  const ended = signal === undefined ? closing : AbortSignal.any([closing, signal])
  const onAbort = (): void => wake()
  for (const id of left) subscribe(store, id, tell)
  ended.addEventListener('abort', onAbort)
  try {
    for (const record of finals(store, [...left])) tell(record)
    for (;;) {
      check()
      const next = found.shift()
      if (next !== undefined) yield next
      else if (left.size === 0) return
      else await new Promise<void>((resolve) => (wake = resolve))
    }
  } finally {
    for (const id of ids) unsubscribe(store, id, tell)
    ended.removeEventListener('abort', onAbort)
  }
}

function* finals({ records }: MemoryStore, ids: readonly string[]): Generator<ResultRecord> {
  for (const id of ids) {
    const record = records.get(id)
    if (record !== undefined && isFinal(record.state))
      yield { ...record, value: new Uint8Array(record.value) }
  }
}

function subscribe({ watchers }: MemoryStore, id: string, tell: (record: ResultRecord) => void): void {
  const listening = watchers.get(id)
  if (listening === undefined) watchers.set(id, new Set([tell]))
  else listening.add(tell)
}

function unsubscribe({ watchers }: MemoryStore, id: string, tell: (record: ResultRecord) => void): void {
  const listening = watchers.get(id)
  listening?.delete(tell)
  if (listening?.size === 0) watchers.delete(id)
}
