import type { Abortable } from '../contract/failure.ts'
import type { ResultBackend, ResultRecord } from '../contract/result-backend.ts'
import { isFinal } from '../contract/result-state.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { sleep } from '../runtime/sleep.ts'

const FIRST_MS = 10
const LONGEST_MS = 1000
const PAGE = 500

/** `ResultBackend.watch` for backends that cannot push: asks again after 10 ms, then ever later, at most each second. */
export async function* watchByPolling(
  backend: ResultBackend,
  ids: readonly string[],
  options: Abortable & { readonly runtime: Runtime },
): AsyncGenerator<ResultRecord> {
  let open = [...ids]
  let waitMs = FIRST_MS
  while (open.length > 0) {
    const left: string[] = []
    for (let at = 0; at < open.length; at += PAGE) {
      const page = open.slice(at, at + PAGE)
      const records = await backend.get(page, options)
      for (const [index, id] of page.entries()) {
        const record = records[index]
        if (record !== undefined && isFinal(record.state)) yield record
        else left.push(id)
      }
    }
    waitMs = left.length < open.length ? FIRST_MS : Math.min(waitMs * 1.5, LONGEST_MS)
    open = left
    if (open.length > 0) await sleep(options.runtime, waitMs, options.signal)
  }
}
