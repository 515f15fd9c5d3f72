import type { PlanHead, PlanNode, Span } from './plan.ts'

/**
 * What a retry changes of a plan, which itself stays as it was. Nodes that run again do so under a new id, so that whatever
 * is left of their earlier life, a message in a queue or a run that would not stop, cannot be taken for the new one.
 */
export interface Life {
  /** 1 for the first retry. */
  readonly generation: number
  /** Of the retry: of two at once, one begins it. */
  readonly by: string
  readonly renewed: readonly Renewal[]
  /** In place of what the plan binds, by node. */
  readonly inputs: Readonly<Record<string, { readonly bound: { readonly value: unknown } }>>
  readonly startedAt: number
  readonly parent?: PlanHead['parent']
}

/** A row of nodes, and since which generation they have lived. */
export type Renewal = readonly [first: number, length: number, generation: number]

/** A plan as a worker sees it in one of its lives: pages come as they are asked for. */
export interface PlanView {
  readonly flow: string
  readonly head: PlanHead
  readonly generation: number
  readonly life: Life | undefined
  /** Under which the workflow's result is kept. */
  readonly resultId: string
  /** The step that this workflow stands in for. */
  readonly parent: PlanHead['parent']
  /** @throws QueueError INVALID when its page has expired */
  node(at: number): PlanNode | Promise<PlanNode>
  /** Of the task of a node and of its result; members of an open gate have no node of their own. */
  id(at: number, member?: number): string
}

/** What nobody may choose as a workflow's id: it would be some step's. */
export const STEP_ID: RegExp = /\.(?:n\d+(?:m\d+)?(?:r\d+)?|r\d+|then|sub\d+|undo\d+)$/

export function createView(flow: string, head: PlanHead, nodes: PlanView['node'], life?: Life): PlanView {
  const lives = life === undefined ? undefined : generations(life.renewed)
  const suffix = (generation: number): string => (generation === 0 ? '' : `r${generation}`)
  const generation = life?.generation ?? 0
  const resultId = generation === 0 ? flow : `${flow}.r${generation}`
  // The task of the last step carries the workflow's own id: its result is the workflow's. Not where its failure is not yet
  // the workflow's end.
  const ends = head.undoable.length === 0
  return {
    flow,
    head,
    generation,
    life,
    resultId,
    parent: life?.parent ?? head.parent,
    node: life === undefined ? nodes : (at) => withInput(nodes(at), life.inputs[at]),
    id(at, member) {
      const born = lives?.get(at) ?? 0
      if (member !== undefined) return `${flow}.n${at}m${member}${suffix(born)}`
      if (at !== head.end || !ends) return `${flow}.n${at}${suffix(born)}`
      return born === 0 ? flow : `${flow}.r${born}`
    },
  }
}

function generations(renewed: readonly Renewal[]): ReadonlyMap<number, number> {
  const found = new Map<number, number>()
  for (const [first, length, generation] of renewed)
    for (let at = first; at < first + length; at += 1) found.set(at, generation)
  return found
}

function withInput(
  node: PlanNode | Promise<PlanNode>,
  input: Life['inputs'][string] | undefined,
): PlanNode | Promise<PlanNode> {
  if (input === undefined) return node
  if (node instanceof Promise) return node.then((found) => withInput(found, input))
  return node.kind === 'task' ? { ...node, ...input, immutable: true } : node
}

/** Numbers in ascending order as rows. */
export function spansOf(numbers: Iterable<number>): readonly Span[] {
  const rows: [number, number][] = []
  for (const at of numbers) {
    const last = rows.at(-1)
    if (last !== undefined && last[0] + last[1] === at) last[1] += 1
    else rows.push([at, 1])
  }
  return rows
}
