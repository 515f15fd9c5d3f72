import type { EventOf } from '../../history/history-event.ts'
import { seeing } from '../invariant.ts'
import type { Bench, Invariant, Judge } from '../invariant.ts'

/** What was accepted before another was even sent is handed over before it, in one line: a queue and priority, or a group. */
export const inOrder: Invariant = {
  id: 'I10',
  title: 'first in, first out, where promised',
  scope: 'run',
  kinds: ['send', 'sent', 'stored', 'lease'],
  undecidable: ({ ordered = 'none' }) => (ordered === 'none' ? 'no order was promised (ordered)' : undefined),
  judge,
}

interface Waiting {
  readonly send: EventOf<'send'>
  sent: EventOf<'sent'> | undefined
  copies: number
  /** A later one that was handed over first, as far as anybody can tell yet. */
  overtaken: { readonly send: EventOf<'send'>; readonly lease: EventOf<'lease'> } | undefined
}

type Line = Map<string, Waiting>

function judge({ breach, promised, circumstances }: Bench): Judge {
  const lines = new Map<string, Line>()
  const lineOf = new Map<string, Line>()
  const waiting = (task: string): Waiting | undefined => lineOf.get(task)?.get(task)
  return seeing({
    send(event) {
      if (event.delayMs !== undefined || (promised.ordered === 'group' && event.group === undefined)) return
      const name = `${event.queue} ${event.priority} ${event.group ?? ''}`
      const line = lines.get(name) ?? new Map<string, Waiting>()
      lines.set(name, line)
      lineOf.set(event.task, line)
      line.set(event.task, { send: event, sent: undefined, copies: 0, overtaken: undefined })
    },
    sent(event) {
      const entry = waiting(event.task)
      if (entry !== undefined) entry.sent = event
    },
    stored(event) {
      const entry = waiting(event.task)
      if (entry !== undefined) entry.copies += 1
    },
    lease(event) {
      const line = lineOf.get(event.task)
      const entry = waiting(event.task)
      if (line === undefined || entry === undefined) return
      line.delete(event.task)
      lineOf.delete(event.task)
      markOvertaken(line, { send: entry.send, lease: event })
      // Beside the store no hand-over is missed; elsewhere one may have been given back unseen.
      const isSeen =
        circumstances.kinds.has('stored') ||
        !circumstances.broken(['broker', 'process'], entry.send.at, event.at)
      if (isSeen && isFirst(event, entry)) tell(breach, entry, event)
    },
  })
}

/** Its first hand-over: an earlier one may have got lost on its way. */
function isFirst({ deliveries }: EventOf<'lease'>, { copies }: Waiting): boolean {
  return deliveries === 1 && copies <= 1
}

function markOvertaken(line: Line, by: NonNullable<Waiting['overtaken']>): void {
  for (const entry of line.values()) {
    if (entry.send.at >= by.send.at) return
    if (entry.sent !== undefined && entry.sent.at < by.send.at) entry.overtaken ??= by
  }
}

/** Two readers may see two hand-overs in the wrong order: only one that was asked for later surely came later. */
function tell(breach: Bench['breach'], { send, sent, overtaken }: Waiting, lease: EventOf<'lease'>): void {
  if (overtaken === undefined) return
  const { lease: other } = overtaken
  const sameBatch = other.by === lease.by && other.askedAt === lease.askedAt
  if (lease.askedAt < other.at && !sameBatch) return
  breach(`${send.task} was accepted first, and ${other.task} was handed over first`, [
    send,
    sent!,
    overtaken.send,
    other,
    lease,
  ])
}
