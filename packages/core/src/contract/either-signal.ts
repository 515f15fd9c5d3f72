/**
 * Joins a signal to `own`: what is returned aborts with the first of the two, and with its reason. A joined signal costs more
 * than a receive that finds something, and most who receive come again with the same: so the last one is kept.
 */
export function eitherSignal(own: AbortSignal): (signal: AbortSignal | undefined) => AbortSignal {
  let last: { readonly signal: AbortSignal; readonly joined: AbortSignal } | undefined
  return (signal) => {
    if (signal === undefined) return own
    if (last?.signal !== signal) last = { signal, joined: AbortSignal.any([signal, own]) }
    return last.joined
  }
}
