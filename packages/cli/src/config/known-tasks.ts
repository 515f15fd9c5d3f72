import { defineTask } from '@bananasjs/core'
import type { Task } from '@bananasjs/core'
import { CliError } from '../cli-error.ts'
import type { BananasConfig } from './define-config.ts'

export type KnownTask = Task<unknown, unknown, unknown>

/** The task of that name, with its schema and defaults. Without declared tasks any name will do. @throws CliError */
export function findTask(config: BananasConfig | undefined, name: string, anyTask: boolean): KnownTask {
  const known = knownTasks(config)
  const found = known.find((task) => task.name === name)
  if (found !== undefined) return found
  if (known.length > 0 && !anyTask) throw new CliError(unknownTask(name, known))
  return defineTask<unknown, unknown>(name)
}

/** A list of tasks, or the tasks among what a module exports. */
export function knownTasks(config: BananasConfig | undefined): readonly KnownTask[] {
  return Object.values<unknown>(config?.tasks ?? []).filter(isTask)
}

function isTask(value: unknown): value is KnownTask {
  if (typeof value !== 'object' || value === null) return false
  const { name, queue, retry } = value as Partial<KnownTask>
  return typeof name === 'string' && typeof queue === 'string' && typeof retry === 'object'
}

const SHOWN = 10

function unknownTask(name: string, known: readonly KnownTask[]): string {
  const names = known.map((task) => task.name)
  const near = names.filter(
    (one) => one.toLowerCase().includes(name.toLowerCase()) || name.toLowerCase().includes(one.toLowerCase()),
  )
  const list = (near.length > 0 ? near : names).slice(0, SHOWN).join(', ')
  const more = near.length === 0 && names.length > SHOWN ? ` and ${names.length - SHOWN} more` : ''
  return `The config declares no task "${name}". ${near.length > 0 ? 'Did you mean' : 'It declares'}: ${list}${more}${near.length > 0 ? '?' : '.'} Pass --any-task to enqueue it all the same.`
}
