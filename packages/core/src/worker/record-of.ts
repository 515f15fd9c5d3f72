import type { ResultRecord, ResultState } from '../contract/result-backend.ts'
import { DEFAULT_CONTENT_TYPE } from '../task/envelope.ts'
import { encodeResultValue } from '../task/result-value.ts'
import type { ResultFacts } from '../task/result-value.ts'
import type { Registration } from './executor.ts'
import type { HeldTask } from './held-task.ts'
import type { TaskRun, TaskRunHost } from './task-run.ts'

export interface RecordHost extends TaskRunHost {
  readonly handlers: ReadonlyMap<string, Registration>
}

export interface Outcome {
  /** Absent when the task never started. */
  readonly run?: TaskRun | undefined
  readonly state: ResultState
  readonly facts: ResultFacts
  readonly body?: Uint8Array | undefined
}

const DAY_MS = 86_400_000

/** What the result backend keeps of a run; `undefined` without a backend. */
export function recordOf(
  { parts, workerId, handlers }: RecordHost,
  held: HeldTask,
  { run, state, facts, body }: Outcome,
): ResultRecord | undefined {
  if (parts.results === undefined) return undefined
  const { task, attempt } = held.envelope
  const { contentType } = parts.serializer
  const value = encodeResultValue(
    {
      task,
      attempt,
      ...(held.startedAt > 0 && { startedAt: held.startedAt }),
      finishedAt: parts.runtime.now(),
      worker: workerId,
      ...(run?.logs !== undefined && { logs: run.logs }),
      ...(body !== undefined && contentType !== DEFAULT_CONTENT_TYPE && { contentType }),
      ...facts,
    },
    body,
  )
  return { id: held.id, state, value, ttlMs: handlers.get(task)?.task.resultTtlMs ?? DAY_MS }
}
