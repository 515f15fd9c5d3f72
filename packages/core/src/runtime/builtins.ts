import type * as Crypto from 'node:crypto'

/**
 * Node's own modules, loaded on first use: importing core costs no crypto and no os until something needs them,
 * which is most of what importing it would cost.
 */
export function crypto(): typeof Crypto {
  return process.getBuiltinModule('node:crypto')
}

export function hostname(): string {
  return process.getBuiltinModule('node:os').hostname()
}
