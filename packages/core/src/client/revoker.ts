import { QueueError } from '../errors.ts'
import { sendCommand } from '../control/command.ts'
import { bumpRevocations, OUTSTANDING_MS } from '../task/revocations.ts'
import { checkId } from '../task/check-values.ts'
import { requireResults } from '../task/parts.ts'
import type { Parts } from '../task/parts.ts'
import { encodeResultValue } from '../task/result-value.ts'
import { show } from '../task/show.ts'

/** Shown wherever the task is, so no longer than a line. */
const REASON_CHARS = 1000
/** How long a task stays revoked; one that is delayed for longer would start after all. */
const REVOKED_MS = 30 * 86_400_000
const PAGE = 500

/**
 * Revokes by writing the final state first, then telling everyone: a worker that misses the live message sees, within
 * a second, that revocations are outstanding and checks each task before it starts.
 */
export class Revoker {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Resolves once no worker will start the tasks (at the latest a second later). @throws QueueError UNSUPPORTED without a result backend */
  async revoke(ids: readonly string[], reason?: string): Promise<void> {
    checkRequest(ids, reason)
    await this.#parts.ready()
    const results = requireResults(this.#parts, 'Revoking a task')
    const value = encodeResultValue({
      finishedAt: this.#parts.runtime.now(),
      ...(reason !== undefined && { reason: reason.slice(0, REASON_CHARS) }),
    })
    for (let at = 0; at < ids.length; at += PAGE) {
      const page = ids.slice(at, at + PAGE)
      const failures = await results.put(
        page.map((id) => ({ id, state: 'cancelled', value, ttlMs: REVOKED_MS })),
      )
      if (failures.length > 0)
        throw new QueueError(
          failures[0]!.error.code,
          `Revoking ${page[failures[0]!.index]} failed: ${failures[0]!.error.message}`,
          { cause: failures },
        )
    }
    await bumpRevocations(results, this.#parts, OUTSTANDING_MS)
    for (let at = 0; at < ids.length; at += PAGE) {
      await sendCommand(this.#parts, {
        command: 'revoke',
        args: { ids: ids.slice(at, at + PAGE), reason: reason?.slice(0, REASON_CHARS) },
      })
    }
  }
}

/** @throws QueueError INVALID */
function checkRequest(ids: readonly string[], reason: string | undefined): void {
  if (!Array.isArray(ids))
    throw new QueueError('INVALID', `revoke takes a list of task ids, not ${show(ids)}.`)
  for (const id of ids as readonly string[]) checkId(id, 'A task id')
  if (reason !== undefined && typeof reason !== 'string')
    throw new QueueError('INVALID', `revoke: the reason must be a string, not ${show(reason)}.`)
}
