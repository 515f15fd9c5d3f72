import { setTimeout as sleep } from 'node:timers/promises'
import { outline } from '@bananasjs/workflow'
import type { WorkflowRun } from '@bananasjs/workflow'
import { printable } from '../demo/format.ts'

const LOOK_MS = 150

export interface Drawing {
  /** Draws the graph a last time. May be called twice. */
  end(): Promise<void>
}

/** The graph as it changes, on a terminal; once at the end elsewhere. `onChange` hears of every change. */
export function drawLive(run: WorkflowRun, stream: NodeJS.WriteStream, onChange: () => void): Drawing {
  const stop = new AbortController()
  let drawn: readonly string[] = []
  const show = async (last: boolean): Promise<void> => {
    const lines = fitting(outline(await run.status()), stream, last)
    if (String(lines) === String(drawn)) return
    onChange()
    if (stream.isTTY && drawn.length > 0) stream.write(`\u001b[${drawn.length}A\u001b[J`)
    if (stream.isTTY || last) stream.write(`${lines.join('\n')}\n`)
    drawn = lines
  }
  const watch = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await show(false)
      await sleep(LOOK_MS, undefined, { signal: stop.signal }).catch(() => undefined)
    }
    drawn = stream.isTTY ? drawn : []
    await show(true)
  }
  // A drawing that fails is no reason for the work to.
  const watching = watch().catch(() => undefined)
  return {
    async end() {
      stop.abort()
      await watching
    },
  }
}

/** A graph that is larger than the terminal moves out of it, where nothing can be drawn over. */
function fitting(
  lines: readonly string[],
  { isTTY, rows, columns }: NodeJS.WriteStream,
  last: boolean,
): readonly string[] {
  const shown = lines.map(printable)
  if (!isTTY) return shown
  const room = Math.max(2, rows - 2)
  const most = shown.length <= room ? shown : [...shown.slice(0, room), `… and ${shown.length - room} more`]
  return last ? shown : most.map((line) => line.slice(0, columns - 1))
}
