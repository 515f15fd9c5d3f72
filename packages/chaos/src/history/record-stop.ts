import type { History } from './history-event.ts'

/** Stops a worker, or a whole process, and writes down when it was asked to and when it was done. */
export async function recordStop(history: History, stop: () => Promise<void>): Promise<void> {
  history.write({ kind: 'stopping' })
  await stop()
  history.write({ kind: 'down' })
}
