import { checkQueueName } from '../contract/check-message.ts'
import { QueueError } from '../errors.ts'
import { checkOptions } from './check-options.ts'
import { parseDuration } from './duration.ts'
import type { Duration } from './duration.ts'
import { retryPolicy } from './retry-policy.ts'
import type { RetryOptions, RetryPolicy } from './retry-policy.ts'
import type { SchemaInput, SchemaOutput, StandardSchema } from './standard-schema.ts'
import { show } from './show.ts'

export interface TaskOptions {
  /** Where the task waits unless `enqueue` says otherwise. Default `'default'`. */
  readonly queue?: string
  /** 0 (last) to 100 (first). Default 50. */
  readonly priority?: number
  /** After this long `context.signal` aborts and the attempt counts as failed with TASK_TIMEOUT. Default: none. */
  readonly timeout?: Duration
  /** A limit alone, `false` for none, or the whole policy. */
  readonly retry?: RetryOptions | number | false
  /** Do not keep what the handler returns. Failures of the last attempt are dead-lettered all the same. Default `false`. */
  readonly ignoreResult?: boolean
  /** How long results are kept. Default 1 day. */
  readonly resultTtl?: Duration
}

export interface SchemaTaskOptions<I extends StandardSchema, O extends StandardSchema> extends TaskOptions {
  /** Checked at `enqueue` and again, with its transformations, before the handler runs. */
  readonly input: I
  /** Checked on what the handler returns. */
  readonly output?: O
}

/** What producers and workers share: a name, types and defaults, without the handler's code. */
export interface Task<Input = unknown, Output = unknown, Parsed = Input> {
  readonly name: string
  readonly queue: string
  readonly priority: number
  readonly timeoutMs: number | undefined
  readonly retry: RetryPolicy
  readonly ignoreResult: boolean
  readonly resultTtlMs: number
  readonly inputSchema: StandardSchema | undefined
  readonly outputSchema: StandardSchema | undefined
  /** Carries the types; never set. */
  readonly types?: { readonly input: Input; readonly output: Output; readonly parsed: Parsed }
}

const LONGEST_NAME = 1024
const KNOWN: Readonly<Record<keyof SchemaTaskOptions<StandardSchema, StandardSchema>, true>> = {
  queue: true,
  priority: true,
  timeout: true,
  retry: true,
  ignoreResult: true,
  resultTtl: true,
  input: true,
  output: true,
}

/**
 * Declares a task. With Standard Schemas the types come from them; else give them: `defineTask<{ url: string }, number>('fetch')`.
 * @throws QueueError INVALID for a bad name or option
 */
export function defineTask<const I extends StandardSchema, const O extends StandardSchema = StandardSchema>(
  name: string,
  options: SchemaTaskOptions<I, O>,
): Task<SchemaInput<I>, SchemaOutput<O>, SchemaOutput<I>>
export function defineTask<Input = undefined, Output = unknown>(
  name: string,
  options?: TaskOptions,
): Task<Input, Output>
export function defineTask(
  name: string,
  options: TaskOptions & { input?: StandardSchema; output?: StandardSchema } = {},
): Task {
  checkTaskName(name)
  const subject = `Task "${name}"`
  checkOptions(options, KNOWN, subject)
  const queue = options.queue ?? 'default'
  checkQueueName(queue)
  checkSchema(options.input, `${subject}: input`)
  checkSchema(options.output, `${subject}: output`)
  return Object.freeze({
    name,
    queue,
    priority: checkPriority(options.priority ?? 50, subject),
    timeoutMs:
      options.timeout === undefined ? undefined : parseDuration(options.timeout, `${subject}: timeout`),
    retry: retryPolicy(options.retry, subject),
    ignoreResult: options.ignoreResult ?? false,
    resultTtlMs: parseDuration(options.resultTtl ?? '1d', `${subject}: resultTtl`),
    inputSchema: options.input,
    outputSchema: options.output,
  })
}

/** @throws QueueError INVALID unless a whole number from 0 to 100 */
export function checkPriority(priority: number, subject: string): number {
  if (Number.isInteger(priority) && priority >= 0 && priority <= 100) return priority
  throw new QueueError(
    'INVALID',
    `${subject}: priority must be a whole number from 0 (last) to 100 (first), not ${show(priority)}.`,
  )
}

/**
 * A name in place of the task itself is the usual slip in plain JavaScript.
 * @throws QueueError INVALID unless `defineTask` made it
 */
export function checkTask(task: Pick<Task, 'name' | 'queue' | 'retry'>, subject: string): void {
  const { name, queue, retry } = (task ?? {}) as Partial<Task>
  if (typeof name === 'string' && typeof queue === 'string' && typeof retry === 'object') return
  throw new QueueError('INVALID', `${subject} takes what defineTask returns, not ${show(task)}.`)
}

function checkSchema(schema: StandardSchema | undefined, subject: string): void {
  if (schema === undefined || typeof schema?.['~standard']?.validate === 'function') return
  throw new QueueError(
    'INVALID',
    `${subject} must be a Standard Schema (zod, valibot, arktype and others make them), not ${show(schema)}.`,
  )
}

function checkTaskName(name: string): void {
  if (typeof name !== 'string' || name.length === 0)
    throw new QueueError('INVALID', 'A task name must be a non-empty string.')
  if (name.length > LONGEST_NAME) {
    throw new QueueError(
      'INVALID',
      `The task name "${name.slice(0, 40)}…" is longer than ${LONGEST_NAME} characters.`,
    )
  }
  if (!name.isWellFormed())
    throw new QueueError('INVALID', `The task name ${JSON.stringify(name)} is not valid Unicode.`)
}
