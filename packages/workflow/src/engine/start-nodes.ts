import type { PlanView } from '../plan/life.ts'
import type { NodeEnd } from './node-end.ts'
import type { Departure } from './send-node.ts'

export interface StartOptions {
  /** It may have been started before. */
  readonly again: boolean
  /** It may be started again: what comes first is run by one of its messages only. */
  readonly once?: boolean
  readonly inline?: string | undefined
}

/**
 * Sends what waits for nothing, in portions; answers with gates that nobody has to come to, and with whoever has sent the
 * members of an open one.
 */
export async function startNodes(
  send: (departures: readonly Departure[]) => Promise<readonly NodeEnd[]>,
  plan: PlanView,
  { again, inline, once = again }: StartOptions,
): Promise<readonly NodeEnd[]> {
  const ends: NodeEnd[] = []
  let portion: Departure[] = []
  for (const [first, length] of plan.head.starts) {
    for (let at = first; at < first + length; at += 1) {
      const found = plan.node(at)
      const node = found instanceof Promise ? await found : found
      const ref = { flow: plan.flow, node: at, generation: plan.generation }
      if (node.kind === 'task') portion.push({ plan, node, ref, again, inline, once })
      else ends.push({ ...ref, ...(node.open !== undefined && { member: -1 }), ok: true, again, inline })
      if (portion.length < PORTION) continue
      ends.push(...(await send(portion)))
      portion = []
    }
  }
  return [...ends, ...(await send(portion))]
}

/** Sent at once: the client makes few messages of it, and memory stays small. */
const PORTION = 1000
