import type { NodeStatus, WorkflowStatus } from '../run/workflow-status.ts'

const COLOURS: Readonly<Partial<Record<NodeStatus['state'], string>>> = {
  running: 'fill:#dbeafe,stroke:#2563eb,color:#000',
  succeeded: 'fill:#dcfce7,stroke:#16a34a,color:#000',
  failed: 'fill:#fee2e2,stroke:#dc2626,color:#000',
  cancelled: 'fill:#f3f4f6,stroke:#6b7280,color:#000',
  expired: 'fill:#fef3c7,stroke:#d97706,color:#000',
}

/** The graph as a Mermaid flowchart, which GitHub, GitLab and many editors draw. */
export function mermaid({ id, nodes }: WorkflowStatus): string {
  const lines = ['---', `title: ${text(id)}`, '---', 'flowchart TD']
  for (const node of nodes) lines.push(`  ${box(node)}`)
  for (const { node, parents } of nodes)
    for (const parent of parents)
      lines.push(
        parent.when === 'value'
          ? `  n${parent.node} --> n${node}`
          : `  n${parent.node} -. ${parent.when} .-> n${node}`,
      )
  for (const [state, style] of Object.entries(COLOURS)) {
    const those = nodes.filter((node) => node.state === state).map(({ node }) => `n${node}`)
    if (those.length > 0) lines.push(`  classDef ${state} ${style}`, `  class ${those.join(',')} ${state}`)
  }
  return `${lines.join('\n')}\n`
}

function box({ node, name, kind, state, members }: NodeStatus): string {
  const count = members === undefined ? '' : ` × ${members.total ?? '?'}`
  const label = `"${text(name)}${count}<br/>${state}"`
  if (kind === 'join') return `n${node}{{${label}}}`
  return kind === 'callback' ? `n${node}([${label}])` : `n${node}[${label}]`
}

/** Names come from users: what Mermaid would read as markup becomes an entity. */
function text(name: string): string {
  return name
    .replaceAll(/[^\p{L}\p{N} _.,:/×-]/gu, (character) => `#${character.codePointAt(0)!};`)
    .slice(0, 200)
}
