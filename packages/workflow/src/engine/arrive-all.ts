import type { ErrorRecord, QueueError } from '@bananasjs/core'
import { depsOf, sizeOf } from '../plan/plan.ts'
import type { GateNode } from '../plan/plan.ts'
import type { PlanView } from '../plan/life.ts'
import { forgotten } from '../plan/plan-store.ts'
import { arriveAt, countFailed } from './gates.ts'
import { readTotal } from './gather-value.ts'
import type { Source } from './gather-value.ts'
import type { Move } from './moves.ts'
import type { NodeEnd } from './node-end.ts'
import { errorOf, readResults, writeResults } from './node-results.ts'

type Arrival = Extract<Move, { kind: 'arrive' }>

/** All who came to gates in one wave, in one call a gate; answers with the gates at which everyone is now. */
export async function arriveAll(
  source: Source,
  moves: readonly Move[],
  report: (error: QueueError) => unknown,
): Promise<readonly NodeEnd[]> {
  const ends = await Promise.all(byGate(moves).map((group) => arrive(source, group, report)))
  return ends.flat()
}

function byGate(moves: readonly Move[]): readonly (readonly Arrival[])[] {
  const gates = new Map<string, Arrival[]>()
  let group: Arrival[] = []
  for (const move of moves) {
    if (move.kind !== 'arrive') continue
    // Members of a group come one after the other.
    if (group[0] === undefined || !isSameGate(group[0], move)) {
      const key = `${move.gate} ${move.end.generation} ${move.end.flow}`
      group = gates.get(key) ?? []
      gates.set(key, group)
    }
    group.push(move)
  }
  return [...gates.values()]
}

function isSameGate(one: Arrival, other: Arrival): boolean {
  return (
    one.gate === other.gate && one.end.generation === other.end.generation && one.end.flow === other.end.flow
  )
}

async function arrive(
  source: Source,
  moves: readonly Arrival[],
  report: (error: QueueError) => unknown,
): Promise<readonly NodeEnd[]> {
  const [{ end, gate, size }] = moves as readonly [Arrival]
  const { flow, generation, inline } = end
  const { host, keepMs, plans } = source
  const failed = moves.filter((move) => !move.end.ok)
  const all = await arriveAt(host, {
    flow,
    generation,
    gate,
    size,
    keepMs,
    at: moves.map(({ at }) => at),
    failedAt: failed.map(({ at }) => at),
  })
  if (!all) return []
  const plan = await plans.view(flow, { generation, inline })
  if (plan === undefined) {
    report(forgotten(flow))
    return []
  }
  const error = await verdict(source, plan, gate, failed[0]?.end.error)
  const base = { flow, generation, node: gate, again: moves.some((move) => move.end.again) }
  if (error === undefined) return [{ ...base, ok: true }]
  // Whoever gathers around it could not tell otherwise.
  if (gate !== plan.head.end)
    await writeResults(host, [{ id: plan.id(gate), state: 'failed', facts: { error } }], keepMs)
  return [{ ...base, ok: false, error }]
}

/** Why a gate fails at which all have arrived, or `undefined` when it does not. */
// oxlint-disable-next-line max-params -- a gate of a plan, and an error that is known already
export async function verdict(
  source: Source,
  plan: PlanView,
  at: number,
  known?: ErrorRecord,
): Promise<ErrorRecord | undefined> {
  const gate = (await plan.node(at)) as GateNode
  const { policy } = gate
  if (policy === 'failFast' || policy === 'settled') return undefined
  const { failed, total } = await countEnds(source, plan, at, gate)
  if (failed === 0) return undefined
  if (typeof policy === 'object' && total - failed >= policy.atLeast) return undefined
  const why = known ?? (await firstError(source, plan, gate))
  if (policy === 'waitForAll') return why
  const message = `only ${total - failed} of ${total} succeeded, at least ${policy.atLeast} were to; one failed with: ${why.message}`
  return { name: 'QueueError', code: 'TASK_FAILED', message }
}

// oxlint-disable-next-line max-params -- a gate of a plan
async function countEnds(
  { host, keepMs }: Source,
  { flow, generation }: PlanView,
  at: number,
  gate: GateNode,
): Promise<{ readonly failed: number; readonly total: number }> {
  const size = gate.open === undefined ? sizeOf(gate) : undefined
  const failed = await countFailed(host, { flow, generation, gate: at, size, keepMs })
  return { failed, total: size ?? (await readTotal(host, flow)) ?? 0 }
}

async function firstError({ host }: Source, plan: PlanView, gate: GateNode): Promise<ErrorRecord> {
  const ids = gate.open === undefined ? depsOf(gate).map((dep) => plan.id(dep)) : []
  for (const result of (await readResults(host, ids)).values())
    if (result.final && result.state !== 'succeeded') return errorOf(result)
  return { name: 'QueueError', code: 'TASK_FAILED', message: 'a member failed' }
}
