import { QueueError } from '@bananasjs/core'
import type { ErrorRecord } from '@bananasjs/core'

/** Something of a workflow that ended in this process. */
export interface EndReport {
  readonly workflow: string
  /** Of the step; the workflow's own where the whole of it has ended. */
  readonly id: string
  /** Name of the task; `'workflow'` where the whole of it has ended. */
  readonly task: string
  readonly state: 'succeeded' | 'failed' | 'cancelled' | 'expired'
  readonly output?: unknown
  readonly error?: ErrorRecord
  readonly attempt?: number
}

/** Which ends to hear of; of all, where nothing is said. */
export interface ListenOptions {
  /** Of this task; `'workflow'` for ends of whole workflows. */
  readonly task?: string
  /** Of this workflow. */
  readonly workflow?: string
}

export type EndListener = (report: EndReport) => void
export type EndKind = 'success' | 'failure' | 'complete'

interface Entry extends ListenOptions {
  readonly kind: EndKind
  readonly listener: EndListener
}

/** Those who hear in this process. What they throw is reported and changes nothing. */
export class Listeners {
  readonly #entries = new Set<Entry>()
  readonly #onError: (error: QueueError) => void

  constructor(onError: (error: QueueError) => void) {
    this.#onError = onError
  }

  /** Returns what ends it. */
  add(kind: EndKind, listener: EndListener, { task, workflow }: ListenOptions): () => void {
    const entry: Entry = {
      kind,
      listener,
      ...(task !== undefined && { task }),
      ...(workflow !== undefined && { workflow }),
    }
    this.#entries.add(entry)
    return () => void this.#entries.delete(entry)
  }

  get any(): boolean {
    return this.#entries.size > 0
  }

  tell(report: EndReport): void {
    for (const entry of this.#entries) {
      if (!hears(entry, report)) continue
      try {
        entry.listener(report)
      } catch (cause) {
        const message = `A listener failed at the end of ${report.id}; nothing else changes.`
        this.#onError(new QueueError('TASK_FAILED', message, { cause }))
      }
    }
  }
}

function hears({ kind, task, workflow }: Entry, report: EndReport): boolean {
  if (kind !== 'complete' && (kind === 'success') !== (report.state === 'succeeded')) return false
  return (task ?? report.task) === report.task && (workflow ?? report.workflow) === report.workflow
}
