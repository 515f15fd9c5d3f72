import { defineTask } from '@bananasjs/core'
import type { Task } from '@bananasjs/core'
import { OPS } from './shape.ts'
import type { LeafShape } from './shape.ts'

export type OpTask = Task<unknown, number>

/** One task an operation and fate. All are pure functions of their input, so that a second run changes nothing. */
export function opTask(op: number, fate: LeafShape['fate']): OpTask {
  return TASKS.get(`op-${op}-${fate}`)!
}

const TASKS: ReadonlyMap<string, OpTask> = new Map(
  Array.from({ length: OPS }, (_, op) => op).flatMap((op) =>
    (['well', 'flaky', 'fails'] as const).map((fate) => {
      const name = `op-${op}-${fate}`
      const retry = fate === 'flaky' ? { limit: 2, delay: 10, maxDelay: 10 } : false
      return [name, defineTask<unknown, number>(name, { retry })] as const
    }),
  ),
)

export const OP_TASKS: readonly OpTask[] = [...TASKS.values()]

/** @throws Error where it is its fate */
export function operate({ name }: OpTask, input: unknown, attempt: number): number {
  const [, op, fate] = name.split('-')
  if (fate === 'fails' || (fate === 'flaky' && attempt === 1)) throw new Error(`boom ${op}`)
  return mix(Number(op), text(input))
}

/** Which of several failures is told may differ from run to run; that there was one may not. */
export function text(value: unknown): string {
  return JSON.stringify(value ?? null, (key, inner: unknown) => (key === 'reason' ? 'a reason' : inner))
}

/** FNV-1a: two inputs, or one input and two operations, hardly ever give the same. */
function mix(op: number, input: string): number {
  let hash = (0x811c9dc5 ^ op) >>> 0
  for (let at = 0; at < input.length; at += 1) hash = Math.imul(hash ^ input.charCodeAt(at), 0x01000193) >>> 0
  return hash
}
