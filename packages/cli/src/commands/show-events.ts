import type { Context } from '../session/context.ts'
import { eventLine } from './event-line.ts'

/** Prints this application's events beside other work, until stopped. Without a channel there are none to print. */
export function showEvents({ app, out }: Context): { stop(): Promise<void> } {
  const over = new AbortController()
  const printing = (async () => {
    try {
      for await (const event of app.events({ signal: over.signal }))
        out.record(event, () => eventLine(event, out))
    } catch (error) {
      if (!over.signal.aborted) out.note((error as Error).message)
    }
  })()
  return {
    async stop() {
      over.abort()
      await printing
    },
  }
}
