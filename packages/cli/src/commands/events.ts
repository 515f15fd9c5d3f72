import { parseDuration } from '@bananasjs/core'
import type { QueueEvent } from '@bananasjs/core'
import { EXIT } from '../exit-codes.ts'
import type { Context } from '../session/context.ts'
import { eventLine } from './event-line.ts'

interface EventFlags {
  readonly type?: string
  readonly task?: string
  readonly limit?: number
  readonly for?: string
}

export async function action({ app, out, signal, where }: Context, flags: EventFlags): Promise<number> {
  const forMs = flags.for === undefined ? undefined : parseDuration(flags.for, '--for')
  const over = new AbortController()
  const timer = forMs === undefined ? undefined : setTimeout(() => over.abort(), forMs)
  out.note(`Listening on ${where}; Ctrl-C ends it.`)
  let count = 0
  try {
    for await (const event of app.events({ signal: AbortSignal.any([signal, over.signal]) })) {
      if (!isWanted(event, flags)) continue
      out.record(event, () => eventLine(event, out))
      count += 1
      if (count >= (flags.limit ?? Infinity)) return EXIT.done
    }
  } finally {
    clearTimeout(timer)
  }
  signal.throwIfAborted()
  return EXIT.done
}

function isWanted(event: QueueEvent, { type, task }: EventFlags): boolean {
  if (type !== undefined && !event.type.startsWith(type)) return false
  return task === undefined || ('task' in event && event.task === task)
}
