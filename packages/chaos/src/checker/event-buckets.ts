import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { HistoryEvent } from '../history/history-event.ts'
import { linesOf, parseEvent } from '../history/read-history.ts'
import type { Scope } from './invariant.ts'
import type { Promised } from './promised.ts'
import { KEY_OF } from './scopes.ts'

/** History that one bucket holds: the keys of one bucket are in memory at once. */
const BUCKET_BYTES = 1024 * 1024
const MOST_BUCKETS = 512
const FLUSH_CHARS = 16 * 1024

interface Bucket {
  readonly file: string
  readonly fd: number
  lines: string[]
  chars: number
}

const SORTED = ['task', 'unique'] as const satisfies readonly Scope[]

/** Events dealt out by key into files, so that all events of one key are in one file, in the order in which they came. */
export class EventBuckets {
  readonly #folder: string
  readonly #count: number
  readonly #buckets = new Map<string, Bucket>()

  /** @param bytes of the whole history: decides how many buckets there are */
  constructor(scratch: string, bytes: number) {
    this.#folder = mkdtempSync(join(scratch, 'bananas-history-'))
    this.#count = Math.min(MOST_BUCKETS, Math.max(1, Math.ceil(bytes / BUCKET_BYTES)))
  }

  deal(event: HistoryEvent, promised: Promised): void {
    for (const scope of SORTED) {
      const key = KEY_OF[scope](event, promised)
      if (typeof key === 'string') this.#append(this.#bucket(scope, key), event)
    }
  }

  /** Bucket by bucket; each is forgotten when the next is asked for. */
  *read(): Generator<{ readonly scope: Scope; readonly rows: Iterable<HistoryEvent> }> {
    for (const bucket of this.#buckets.values()) flush(bucket)
    for (const [name, { file }] of this.#buckets)
      yield { scope: name.startsWith('task') ? 'task' : 'unique', rows: rowsOf(file) }
  }

  /** Removes the files. */
  close(): void {
    for (const { fd } of this.#buckets.values()) closeSync(fd)
    this.#buckets.clear()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #bucket(scope: Scope, key: string): Bucket {
    const name = `${scope}-${hashOf(key) % this.#count}`
    let bucket = this.#buckets.get(name)
    if (bucket === undefined) {
      const file = join(this.#folder, name)
      this.#buckets.set(name, (bucket = { file, fd: openSync(file, 'a'), lines: [], chars: 0 }))
    }
    return bucket
  }

  #append(bucket: Bucket, event: HistoryEvent): void {
    const line = JSON.stringify(event)
    bucket.lines.push(line)
    bucket.chars += line.length
    if (bucket.chars >= FLUSH_CHARS) flush(bucket)
  }
}

function flush(bucket: Bucket): void {
  if (bucket.lines.length === 0) return
  writeSync(bucket.fd, `${bucket.lines.join('\n')}\n`)
  bucket.lines = []
  bucket.chars = 0
}

function* rowsOf(file: string): Generator<HistoryEvent> {
  for (const { line } of linesOf(file)) {
    const event = parseEvent(line, '')
    if (event !== undefined) yield event
  }
}

/** FNV-1a over UTF-16 units. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < key.length; at += 1) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193)
  return hash >>> 0
}
