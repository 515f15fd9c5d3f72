import { chanceOf } from '../faults/chance.ts'
import { globFits } from '../faults/matches.ts'
import type { Subject } from '../faults/matches.ts'

/** The most that an experiment may touch. Lists are globs; a list that is given allows nothing else. */
export interface BlastRadius {
  readonly tasks?: readonly string[] | undefined
  readonly queues?: readonly string[] | undefined
  readonly workers?: readonly string[] | undefined
  /** Wins over every other list; tasks and queues. */
  readonly never?: readonly string[] | undefined
  /** Share of tasks, 0 to 1, drawn by id: a task that is out stays out through all its attempts. */
  readonly share?: number | undefined
}

/** The seed is fixed: which tasks may be hit must not change with the faults. */
const SHARE_SEED = 0x6b1a57

export function inBlastRadius(blast: BlastRadius | undefined, subject: Subject): boolean {
  if (blast === undefined) return true
  const { task, queue, worker, key } = subject
  if (blast.never?.some((glob) => [task, queue].some((text) => text !== undefined && globFits(glob, text))))
    return false
  const lists = [
    [blast.tasks, task],
    [blast.queues, queue],
    [blast.workers, worker],
  ] as const
  const given = lists.filter(([globs]) => globs !== undefined)
  const known = given.filter(([, text]) => text !== undefined)
  // A network link knows no task, an extension no queue: what no list can judge is left alone.
  if (given.length > 0 && known.length === 0) return false
  if (!known.every(([globs, text]) => globs!.some((glob) => globFits(glob, text!)))) return false
  return blast.share === undefined || key === undefined || chanceOf(SHARE_SEED, key) < blast.share
}
