import { escapeHtml } from './escape-html.ts'

/** A cell: text, a number set to the right, or a word with a colour of the style. */
export type HtmlCell = string | { readonly number: string } | { readonly mark: string; readonly look: string }

export function htmlTable(headings: readonly string[], rows: readonly (readonly HtmlCell[])[]): string {
  const [first] = rows
  if (first === undefined) return ''
  const head = headings.map(
    (text, at) => `<th${isNumber(first[at]) ? ' class="number"' : ''}>${escapeHtml(text)}</th>`,
  )
  const body = rows.map((cells) => `<tr>${cells.map(cellOf).join('')}</tr>`)
  return `<div class="scroll"><table><thead><tr>${head.join('')}</tr></thead><tbody>${body.join('\n')}</tbody></table></div>`
}

function cellOf(cell: HtmlCell): string {
  if (typeof cell === 'string') return `<td>${escapeHtml(cell)}</td>`
  if ('number' in cell) return `<td class="number">${escapeHtml(cell.number)}</td>`
  return `<td class="mark ${escapeHtml(cell.look)}">${escapeHtml(cell.mark)}</td>`
}

function isNumber(cell: HtmlCell | undefined): boolean {
  return typeof cell === 'object' && 'number' in cell
}
