import { forgotten } from '../plan/plan-store.ts'
import { openValue } from '../engine/gather-value.ts'
import type { Gathered, Source } from '../engine/gather-value.ts'
import { errorOf, failureError, readResults } from '../engine/node-results.ts'
import type { NodeResult } from '../engine/node-results.ts'
import type { GateNode } from '../plan/plan.ts'
import { expired } from '../engine/expired.ts'

const PAGE = 500

/**
 * What the members of a fan-out returned, in order, page by page: memory stays small whatever their number. Fates where the
 * policy lets members fail, else values.
 * @throws QueueError INVALID when a result is no longer there, TASK_FAILED where a failure is no value
 */
export async function* readMembers(source: Source, gathered: Gathered): AsyncGenerator<unknown> {
  const { workflow, node, total, generation } = gathered
  const plan = await source.plans.view(workflow, { generation })
  if (plan === undefined) throw forgotten(workflow)
  const { policy } = (await plan.node(node)) as GateNode
  const strict = policy === 'failFast' || policy === 'waitForAll'
  for (let from = 0; from < total; from += PAGE) {
    const ids = Array.from({ length: Math.min(PAGE, total - from) }, (_, at) => plan.id(node, from + at))
    const results = await readResults(source.host, ids)
    for (const [at, id] of ids.entries()) {
      const result = results.get(id)
      if (result === undefined || !result.final) throw expired(`member ${from + at}`, id)
      yield strict ? await valueOf(source, result, from + at) : await fateOf(source, result)
    }
  }
}

async function valueOf(source: Source, result: NodeResult, at: number): Promise<unknown> {
  if (result.state !== 'succeeded') throw failureError(`Member ${at}`, errorOf(result))
  return openValue(source, result.value())
}

async function fateOf(source: Source, result: NodeResult): Promise<unknown> {
  if (result.state === 'succeeded')
    return { status: 'fulfilled', value: await openValue(source, result.value()) }
  const { name, message, code } = errorOf(result)
  return { status: 'rejected', reason: { name, message, ...(code !== undefined && { code }) } }
}
