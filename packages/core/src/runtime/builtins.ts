/**
 * Node's own modules, loaded on first use: importing core costs no crypto and no os until something needs them,
 * which is most of what importing it would cost.
 */
export function crypto(): typeof import('node:crypto') {
  return process.getBuiltinModule('node:crypto')
}

export function hostname(): string {
  return process.getBuiltinModule('node:os').hostname()
}
