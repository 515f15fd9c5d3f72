import { historyFile } from '../../src/index.ts'
import type { EventBody, HistoryFile } from '../../src/index.ts'

const EVENTS_OF_A_TASK = 8
const PROCESSES = 4

export interface LongHistoryOptions {
  readonly events: number
  /** Tasks by number that are accepted and never heard of again. */
  readonly lost?: readonly number[]
}

/** Writes what four processes of a busy run would have, task by task, a thousand of them on their way at once. */
export function writeLongHistory(folder: string, { events, lost = [] }: LongHistoryOptions): void {
  let now = 0
  const files = Array.from({ length: PROCESSES }, (_, index) =>
    historyFile({ folder, by: `process-${index}`, now: () => now }),
  )
  const gone = new Set(lost)
  const tasks = Math.floor(events / EVENTS_OF_A_TASK)
  const step = 0.01
  // In time order: the sending of one task beside the run of the one a thousand before it.
  for (let task = 0; task < tasks + 1000; task += 1) {
    now += step
    if (task < tasks) send(files[task % PROCESSES]!, task)
    now += step
    if (task >= 1000 && !gone.has(task - 1000)) run(files[(task * 7) % PROCESSES]!, task - 1000, now)
  }
  now += 1000
  files[0]!.write({ kind: 'counts', queue: 'q', ready: 0, delayed: 0, leased: 0 })
  for (const file of files) file.close()
}

function send(file: HistoryFile, number: number): void {
  const task = `task-${number}`
  file.write({ kind: 'send', task, name: 'mail', queue: 'q', priority: 50, hash: 1 }, { kind: 'sent', task })
}

function run(file: HistoryFile, number: number, now: number): void {
  const task = `task-${number}`
  const receipt = `r${number}`
  const settling = { task, receipt, as: 'ack' as const }
  const lease: EventBody = {
    kind: 'lease',
    task,
    receipt,
    queue: 'q',
    priority: 50,
    hash: 1,
    attempt: 1,
    deliveries: 1,
    askedAt: now,
    until: now + 15_000,
  }
  file.write(lease, { kind: 'start', task, name: 'mail', attempt: 1, deliveries: 1, crashes: 0 })
  file.write(
    { kind: 'end', task, name: 'mail', attempt: 1, outcome: 'done' },
    { kind: 'put', task, state: 'succeeded', ttlMs: 86_400_000 },
    { kind: 'settle', ...settling },
    { kind: 'settled', ...settling },
  )
}
