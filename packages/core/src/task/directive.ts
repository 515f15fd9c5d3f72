const DIRECTIVE: unique symbol = Symbol.for('bananas.directive')

/** What a handler returns to steer its task instead of finishing it. Made by the context, never by hand. */
export interface Directive {
  readonly [DIRECTIVE]: true
  readonly kind: 'retry' | 'postpone' | 'discard'
  readonly delayMs: number | undefined
  readonly reason: string | undefined
}

export function directive(
  kind: Directive['kind'],
  delayMs: number | undefined,
  reason: string | undefined,
): Directive {
  return { [DIRECTIVE]: true, kind, delayMs, reason }
}

export function isDirective(value: unknown): value is Directive {
  return typeof value === 'object' && value !== null && DIRECTIVE in value
}
