import { decodeResultValue, encodeResultValue, QueueError, rebuildError } from '@bananasjs/core'
import type { ErrorRecord, PluginHost, ResultFacts } from '@bananasjs/core'
import { isFinal } from '@bananasjs/core/contract'
import type { ResultRecord } from '@bananasjs/core/contract'

/** What is stored of a node. */
export interface NodeResult {
  readonly state: ResultRecord['state']
  readonly facts: ResultFacts
  readonly final: boolean
  /** The value takes no more than a name would. */
  readonly small: boolean
  /** @throws QueueError UNDECODABLE */
  value(): unknown
}

const PAGE = 500
/** So that the backend answers one page while another one is read. */
const PAGES_AT_ONCE = 4
const SMALL_BYTES = 1024

/** In pages; what is not stored is absent. */
export async function readResults(
  host: PluginHost,
  ids: readonly string[],
): Promise<ReadonlyMap<string, NodeResult>> {
  const found = new Map<string, NodeResult>()
  const read = async (at: number): Promise<void> => {
    if (at >= ids.length) return
    for (const record of (await host.results?.get(ids.slice(at, at + PAGE))) ?? [])
      if (record !== undefined) found.set(record.id, nodeResult(host, record))
    await read(at + PAGE * PAGES_AT_ONCE)
  }
  await Promise.all(Array.from({ length: PAGES_AT_ONCE }, (_, line) => read(line * PAGE)))
  return found
}

function nodeResult(host: PluginHost, { id, state, value }: ResultRecord): NodeResult {
  const { facts, body } = decodeResultValue(id, value)
  return {
    state,
    facts,
    final: isFinal(state),
    small: body.length > 0 && body.length <= SMALL_BYTES,
    value: () => host.serializerFor(facts.contentType ?? 'application/json').decode(body),
  }
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
