import type { Match } from './fault.ts'

/** What a fault may hit, as far as it is known where it would strike. */
export interface Subject {
  readonly task?: string | undefined
  readonly queue?: string | undefined
  readonly worker?: string | undefined
  /** What sticky draws go by. */
  readonly key?: string | undefined
  readonly attempt?: number | undefined
  /** The n-th hand-over: what hits one of them need not hit the next. */
  readonly delivery?: number | undefined
  readonly method?: string | undefined
}

/** A field that is asked for and not known does not match: in doubt nothing is hit. */
export function matches(match: Match | undefined, subject: Subject): boolean {
  if (match === undefined) return true
  return (
    fits(match.task, subject.task) &&
    fits(match.queue, subject.queue) &&
    fits(match.worker, subject.worker) &&
    fits(match.key, subject.key) &&
    fits(match.method, subject.method) &&
    attemptFits(match.attempt, subject.attempt)
  )
}

/** `*` stands for any text, `?` for one character. */
export function globFits(glob: string, text: string): boolean {
  const pattern = glob
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${pattern}$`, 's').test(text)
}

function fits(glob: string | undefined, text: string | undefined): boolean {
  if (glob === undefined) return true
  return text !== undefined && globFits(glob, text)
}

function attemptFits(wanted: Match['attempt'], attempt: number | undefined): boolean {
  if (wanted === undefined) return true
  if (attempt === undefined) return false
  if (typeof wanted === 'number') return attempt === wanted
  return attempt >= (wanted.from ?? 1) && attempt <= (wanted.to ?? Infinity)
}
