/**
 * Control characters (C0, DEL, C1), bidirectional overrides and line separators: what could move the cursor, rename the
 * window, forge a line of output or turn text around when a task name or an error message brings it along.
 */
// oxlint-disable-next-line no-control-regex -- finding control characters is the point
const HARMFUL = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

/** One line of harmless text; what was taken out stays visible as an escape. */
export function sanitize(text: string): string {
  return text.replace(HARMFUL, escapeCharacter)
}

/** The same, with line feeds kept. */
export function sanitizeLines(text: string): string {
  return text.split('\n').map(sanitize).join('\n')
}

/** For text that is JSON already: the escapes keep its meaning. */
export function sanitizeJson(json: string): string {
  return json.replace(HARMFUL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function escapeCharacter(character: string): string {
  if (character === '\n') return '\\n'
  if (character === '\t') return '\\t'
  const code = character.charCodeAt(0)
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`
}
