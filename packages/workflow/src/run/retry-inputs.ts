import { QueueError } from '@bananasjs/core'
import type { Life, PlanView } from '../plan/life.ts'
import { nodeLabel } from '../plan/node-label.ts'

/** @throws QueueError INVALID for a name of no step that runs again, or of several */
export async function retryInputs(
  plan: PlanView,
  renewed: ReadonlySet<number>,
  inputs: Readonly<Record<string, unknown>>,
): Promise<Life['inputs']> {
  const found: Record<string, { readonly bound: { readonly value: unknown } }> = {}
  for (const [key, value] of Object.entries(inputs))
    found[await nodeNamed(plan, renewed, key)] = { bound: { value } }
  return found
}

async function nodeNamed(plan: PlanView, renewed: ReadonlySet<number>, key: string): Promise<number> {
  const names: string[] = []
  const matching: number[] = []
  for (const at of renewed) {
    const name = nodeLabel(plan.head, await plan.node(at))
    if (plan.id(at) === key) return at
    if (name === key) matching.push(at)
    if (names.length < 20) names.push(name)
  }
  if (matching.length === 1) return matching[0]!
  if (matching.length === 0)
    throw new QueueError(
      'INVALID',
      `No step "${key}" of workflow ${plan.flow} runs again. Those that do: ${names.join(', ')}.`,
    )
  const ids = matching.slice(0, 5).map((at) => plan.id(at))
  throw new QueueError(
    'INVALID',
    `${matching.length} steps of workflow ${plan.flow} are called "${key}". Name one by its id: ${ids.join(', ')}.`,
  )
}
