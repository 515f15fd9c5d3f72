import {
  decodeResultBody,
  decodeResultValue,
  encodeResultValue,
  QueueError,
  rebuildError,
} from '@bananasjs/core'
import type { ErrorRecord, PluginHost, ResultFacts } from '@bananasjs/core'
import { isFinal } from '@bananasjs/core/contract'
import type { ResultRecord } from '@bananasjs/core/contract'

/** What is stored of a node. Decoded when it is asked for: of ten thousand successes, only the values are. */
export class NodeResult {
  readonly state: ResultRecord['state']
  readonly #host: PluginHost
  readonly #record: ResultRecord
  #decoded: { readonly value: unknown } | undefined

  constructor(host: PluginHost, record: ResultRecord) {
    this.state = record.state
    this.#host = host
    this.#record = record
  }

  get final(): boolean {
    return isFinal(this.state)
  }

  /** @throws QueueError UNDECODABLE */
  get facts(): ResultFacts {
    return decodeResultValue(this.#record.id, this.#record.value).facts
  }

  /** The value takes no more than a name would. */
  get small(): boolean {
    const { length } = decodeResultBody(this.#record.id, this.#record.value).body
    return length > 0 && length <= SMALL_BYTES
  }

  /** @throws QueueError UNDECODABLE */
  value(): unknown {
    this.#decoded ??= { value: valueOf(this.#host, this.#record) }
    return this.#decoded.value
  }
}

const PAGE = 500
/** So that the backend answers one page while another one is read. */
const PAGES_AT_ONCE = 4
const SMALL_BYTES = 1024

/** By id; what is not stored is absent. */
export async function readResults(
  host: PluginHost,
  ids: readonly string[],
): Promise<ReadonlyMap<string, NodeResult>> {
  const found = new Map<string, NodeResult>()
  for (const [at, result] of (await readEach(host, ids)).entries())
    if (result !== undefined) found.set(ids[at]!, result)
  return found
}

/** In the order of the ids, read in pages. */
export async function readEach(
  host: PluginHost,
  ids: readonly string[],
): Promise<readonly (NodeResult | undefined)[]> {
  const found = Array.from<NodeResult | undefined>({ length: ids.length })
  await readRecords(host, ids, (record, at) => {
    if (record !== undefined) found[at] = new NodeResult(host, record)
  })
  return found
}

/**
 * The values of tasks that all succeeded, in the order of the ids; `undefined` when one did otherwise, or is not there.
 * Of ten thousand nothing is kept but the values.
 * @throws QueueError UNDECODABLE
 */
export async function readValues(
  host: PluginHost,
  ids: readonly string[],
): Promise<readonly unknown[] | undefined> {
  const values = Array.from<unknown>({ length: ids.length })
  let complete = true
  await readRecords(host, ids, (record, at) => {
    complete &&= record?.state === 'succeeded'
    if (complete) values[at] = valueOf(host, record!)
  })
  return complete ? values : undefined
}

/** Page by page: one is read while the backend answers the next. */
async function readRecords(
  { results }: PluginHost,
  ids: readonly string[],
  onRecord: (record: ResultRecord | undefined, at: number) => void,
): Promise<void> {
  const read = async (from: number): Promise<void> => {
    if (from >= ids.length) return
    const page = ids.slice(from, from + PAGE)
    const records = (await results?.get(page)) ?? page.map(() => undefined)
    const next = read(from + PAGE * PAGES_AT_ONCE)
    next.catch(() => {}) // awaited below, unless a record throws first
    for (let at = 0; at < records.length; at += 1) onRecord(records[at], from + at)
    await next
  }
  await Promise.all(Array.from({ length: PAGES_AT_ONCE }, (_, line) => read(line * PAGE)))
}

function valueOf(host: PluginHost, { id, value }: ResultRecord): unknown {
  const { contentType, body } = decodeResultBody(id, value)
  return host.serializerFor(contentType).decode(body)
}

export interface NewResult {
  readonly id: string
  readonly state: ResultRecord['state']
  readonly facts: ResultFacts
  readonly value?: unknown
}

/** A final state that stands already stays. */
export async function writeResults(
  host: PluginHost,
  results: readonly NewResult[],
  ttlMs: number,
): Promise<void> {
  const { contentType } = host.serializer
  for (let at = 0; at < results.length; at += PAGE) {
    const records = results.slice(at, at + PAGE).map(({ id, state, facts, value }) => {
      const body = value === undefined ? undefined : host.serializer.encode(value)
      const all = body === undefined || contentType === 'application/json' ? facts : { ...facts, contentType }
      return { id, state, value: encodeResultValue(all, body), ttlMs }
    })
    const [failure] = (await host.results?.put(records)) ?? []
    if (failure !== undefined) throw failure.error
  }
}

/** Why a node that ended otherwise than well did so. */
export function errorOf({ state, facts }: Pick<NodeResult, 'state' | 'facts'>): ErrorRecord {
  if (facts.error !== undefined) return facts.error
  const reason = facts.reason === undefined ? '' : `: ${facts.reason}`
  if (state === 'expired')
    return { name: 'QueueError', code: 'TASK_TIMEOUT', message: `it expired before it could start${reason}` }
  const code = state === 'failed' ? 'TASK_FAILED' : 'TASK_CANCELLED'
  return { name: 'QueueError', code, message: `it was ${state}${reason}` }
}

/** The error of a workflow or step that failed, with the error it failed of as cause. */
export function failureError(subject: string, error: ErrorRecord): QueueError {
  const code = error.code === 'TASK_CANCELLED' || error.code === 'TASK_TIMEOUT' ? error.code : 'TASK_FAILED'
  return new QueueError(code, `${subject} failed: ${error.message}`, { cause: rebuildError(error) })
}
