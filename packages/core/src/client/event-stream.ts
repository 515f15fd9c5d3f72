import { sendCommand } from '../control/command.ts'
import type { QueueEvent } from '../task/events.ts'
import { requireChannel } from '../task/parts.ts'
import type { Parts } from '../task/parts.ts'
import { topicsOf } from '../task/topics.ts'

/** Workers send events for this long after each request. */
export const DEMAND_MS = 15_000
const REFRESH_MS = 5000

export interface EventsOptions {
  readonly signal?: AbortSignal
}

/**
 * Live events of the whole application, as long as the loop runs. Asks the workers to send them, again every five
 * seconds. Lossy: a gap in `seq` of one `source` is a loss.
 */
export async function* eventStream(parts: Parts, options: EventsOptions = {}): AsyncGenerator<QueueEvent> {
  await parts.ready()
  const channel = requireChannel(parts, 'Listening to events')
  const subscription = await channel.listen([topicsOf(parts.namespace).events], options)
  const demand = (): void => {
    // Lossy like all control: the next refresh is five seconds away.
    void sendCommand(parts, { command: 'events', args: { forMs: DEMAND_MS } }).catch(() => {})
    timer = parts.runtime.setTimer(demand, REFRESH_MS, true)
  }
  let timer = parts.runtime.setTimer(demand, 0, true)
  try {
    for await (const message of subscription) yield* readEvents(message.payload)
  } finally {
    timer.cancel()
  }
}

/** Whoever can write to the channel can write nonsense: it holds no events. */
function readEvents(payload: Uint8Array): readonly QueueEvent[] {
  try {
    const events: unknown = JSON.parse(Buffer.from(payload).toString())
    return Array.isArray(events) ? events.filter(isEvent) : []
  } catch {
    return []
  }
}

function isEvent(value: unknown): value is QueueEvent {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Partial<QueueEvent>).type === 'string' &&
    typeof (value as Partial<QueueEvent>).at === 'number'
  )
}
