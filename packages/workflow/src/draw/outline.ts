import type { NodeStatus, WorkflowStatus } from '../run/workflow-status.ts'

/** One character a state, as text and for those who see no colours. */
const MARKS: Readonly<Record<NodeStatus['state'], string>> = {
  waiting: '·',
  sent: '○',
  running: '◐',
  succeeded: '●',
  failed: '✗',
  cancelled: '⊘',
  expired: '⌛',
  skipped: '-',
}
/** Members of one parent with one task beyond so many are drawn as one line. */
const MOST_ALIKE = 8

/**
 * The graph as lines of text, indented by depth: each node below the last of its parents, with the others named where there
 * are several. Many nodes alike are one line.
 */
export function outline(status: WorkflowStatus): readonly string[] {
  const depths: number[] = []
  for (const { node, parents } of status.nodes)
    depths[node] = 1 + parents.reduce((most, parent) => Math.max(most, depths[parent.node]!), -1)
  const lines = [headline(status)]
  for (const row of rowsOf(status.nodes))
    lines.push(
      `${'  '.repeat(depths[row[0]!.node]! + 1)}${row.length === 1 ? line(row[0]!, status) : many(row)}`,
    )
  return lines
}

function headline({ id, state, retries, nodes, error }: WorkflowStatus): string {
  const steps = nodes.filter(({ kind }) => kind === 'step')
  const well = steps.filter((node) => node.state === 'succeeded').length
  const again = retries === 0 ? '' : `, retried ${retries} ${retries === 1 ? 'time' : 'times'}`
  const why = error === undefined ? '' : `: ${error.message}`
  return `${id}: ${state}, ${well} of ${steps.length} steps succeeded${again}${why}`
}

/** Rows of neighbours that look alike. */
function rowsOf(nodes: readonly NodeStatus[]): readonly (readonly NodeStatus[])[] {
  const rows: NodeStatus[][] = []
  for (const node of nodes) {
    const last = rows.at(-1)
    if (last !== undefined && isAlike(last[0]!, node)) last.push(node)
    else rows.push([node])
  }
  return rows.flatMap((row) => (row.length > MOST_ALIKE ? [row] : row.map((node) => [node])))
}

function isAlike(one: NodeStatus, other: NodeStatus): boolean {
  return (
    one.kind === other.kind &&
    one.name === other.name &&
    String(one.parents.map(({ node }) => node)) === String(other.parents.map(({ node }) => node))
  )
}

function many(row: readonly NodeStatus[]): string {
  const counts = new Map<NodeStatus['state'], number>()
  for (const { state } of row) counts.set(state, (counts.get(state) ?? 0) + 1)
  const parts = [...counts].map(([state, count]) => `${MARKS[state]} ${count} ${state}`)
  return `${row.length} × ${row[0]!.name}: ${parts.join(', ')}`
}

function line(node: NodeStatus, { nodes }: WorkflowStatus): string {
  const notes = [node.state, ...notesOf(node)]
  const after =
    node.parents.length > 1 && node.parents.length <= MOST_ALIKE
      ? ` ← ${node.parents.map((parent) => nodes[parent.node]!.name).join(', ')}`
      : ''
  const callback = node.kind === 'callback' ? ` (on ${node.parents[0]?.when ?? 'value'})` : ''
  return `${MARKS[node.state]} ${node.name}${callback} ${notes.join(', ')}${after}`
}

function notesOf({
  attempt = 1,
  startedAt,
  finishedAt,
  progress,
  members,
  became,
  error,
}: NodeStatus): readonly string[] {
  return [
    ...(members === undefined
      ? []
      : [`${members.ended} of ${members.total ?? 'so far unknown'} ended, ${members.failed} failed`]),
    ...(attempt > 1 ? [`attempt ${attempt}`] : []),
    ...(progress === undefined ? [] : [`${Math.round(progress * 100)} %`]),
    ...(startedAt === undefined || finishedAt === undefined ? [] : [`${finishedAt - startedAt} ms`]),
    ...(became === undefined ? [] : [`became ${became}`]),
    ...(error === undefined ? [] : [error.message]),
  ]
}
