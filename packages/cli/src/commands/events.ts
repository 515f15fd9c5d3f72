import { parseDuration } from '@bananasjs/core'
import type { QueueEvent } from '@bananasjs/core'
import { systemRuntime } from '@bananasjs/core/contract'
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
  // Not setTimeout: what is longer than 24 days would be over at once.
  const timer = forMs === undefined ? undefined : systemRuntime.setTimer(() => over.abort(), forMs, true)
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
    timer?.cancel()
  }
  signal.throwIfAborted()
  return EXIT.done
}

function isWanted(event: QueueEvent, { type, task }: EventFlags): boolean {
  if (type !== undefined && !event.type.startsWith(type)) return false
  return task === undefined || ('task' in event && event.task === task)
}
