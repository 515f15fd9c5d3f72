import type { Headers, Message } from '../contract/message.ts'
import { checkQueueName } from '../contract/check-message.ts'
import { firstHop } from '../emulation/delay-hops.ts'
import { laneFor } from '../emulation/priority-lanes.ts'
import { QueueError } from '../errors.ts'
import { epochMs } from '../runtime/iso-time.ts'
import { checkOptions } from '../task/check-options.ts'
import { checkChoice, checkId, checkText } from '../task/check-values.ts'
import { checkPriority } from '../task/define-task.ts'
import type { Task } from '../task/define-task.ts'
import { parseDuration } from '../task/duration.ts'
import { UNIQUE_OPTIONS } from '../task/enqueue-options.ts'
import type { EnqueueOptions, UniqueOptions } from '../task/enqueue-options.ts'
import { checkUserHeaders, DEFAULT_CONTENT_TYPE, HEADER, wireTime } from '../task/envelope.ts'
import type { Parts } from '../task/parts.ts'
import { show } from '../task/show.ts'

type AnyTask = Task<unknown, unknown, unknown>

/** Everything of a message that its options decide: made once for a bulk, shared by its members. */
export interface Frame {
  readonly lane: string
  readonly headers: Readonly<Record<string, string>>
  readonly priority: number
  readonly delayMs: number
  readonly group: string | undefined
}

const MOST_RETRIES = 1_000_000_000

/** @throws QueueError INVALID naming the task and the option; UNSUPPORTED what this broker cannot do */
export function buildFrame(parts: Parts, task: AnyTask, options: EnqueueOptions): Frame {
  const subject = `Task "${task.name}"`
  const queue = options.queue ?? task.queue
  checkQueueName(queue)
  const priority = options.priority === undefined ? task.priority : checkPriority(options.priority, subject)
  const now = parts.runtime.now()
  const wanted = delayOf(options, now, subject)
  const headers = headersOf(parts, task, options)
  if (wanted > 0) headers[HEADER.notBefore] = wireTime(now + wanted, `${subject}: delay`)
  const { supports, name } = parts.broker
  const hop = firstHop(headers, wanted, { name, maxDelayMs: supports.maxDelayMs })
  if (options.group !== undefined) checkGroup(options.group, parts, subject)
  if (options.unique !== undefined) checkUnique(options.unique, `${subject}: unique`)
  return {
    lane: laneFor(queue, priority, parts.lanes),
    headers: hop.headers,
    priority,
    delayMs: hop.delayMs,
    group: options.group,
  }
}

function checkGroup(group: string, { broker: { name, supports } }: Parts, subject: string): void {
  checkId(group, `${subject}: group`)
  if (supports.ordered !== 'none') return
  throw new QueueError(
    'UNSUPPORTED',
    `${subject}: ${name} keeps no order (ordered is 'none'), so "group" would promise what nobody keeps. Leave it out.`,
  )
}

/** All of it, because a mistyped mode would take the place of a task that should have been kept. */
function checkUnique(unique: UniqueOptions, subject: string): void {
  checkOptions(unique, UNIQUE_OPTIONS, subject)
  const { key, mode, until } = unique
  if (key !== undefined) checkText(key, `${subject}.key`)
  if (mode !== undefined) checkChoice(mode, ['keep-first', 'reject', 'replace'], `${subject}.mode`)
  if (until !== undefined) checkChoice(until, ['started', 'finished'], `${subject}.until`)
  if (unique.for !== undefined) parseDuration(unique.for, `${subject}.for`)
}

/** @throws QueueError INVALID when the input cannot be encoded or the id is unusable */
export function buildMessage(parts: Parts, frame: Frame, input: unknown, id?: string): Message {
  return {
    id: id ?? parts.runtime.id(),
    headers: frame.headers,
    body: parts.serializer.encode(input),
    priority: frame.priority,
    delayMs: frame.delayMs,
    group: frame.group,
  }
}

function delayOf(options: EnqueueOptions, now: number, subject: string): number {
  if (options.at === undefined)
    return options.delay === undefined ? 0 : parseDuration(options.delay, `${subject}: delay`)
  if (options.delay !== undefined)
    throw new QueueError('INVALID', `${subject}: give either "delay" or "at", not both.`)
  const at = momentOf(options.at, `${subject}: at`)
  return Math.max(0, Math.ceil(at - now))
}

function headersOf(parts: Parts, task: AnyTask, options: EnqueueOptions): Record<string, string> {
  const headers: Record<string, string> = { [HEADER.task]: task.name }
  const { contentType } = parts.serializer
  if (contentType !== DEFAULT_CONTENT_TYPE) headers[HEADER.contentType] = contentType
  const subject = `Task "${task.name}"`
  if (options.headers !== undefined) addUserHeaders(headers, options.headers)
  addLimits(headers, parts, options, subject)
  if (options.ignoreResult !== undefined) {
    checkChoice(options.ignoreResult, [true, false], `${subject}: ignoreResult`)
    headers[HEADER.ignoreResult] = options.ignoreResult ? 'yes' : 'no'
  }
  for (const name of TEXTS) {
    const text = options[name]
    if (text === undefined) continue
    checkText(text, `${subject}: ${name}`)
    headers[HEADER[name]] = text
  }
  return headers
}

/** Options that travel as they are. */
const TEXTS = ['shadow', 'needs', 'parentId', 'rootId'] as const

function addLimits(
  headers: Record<string, string>,
  parts: Parts,
  options: EnqueueOptions,
  subject: string,
): void {
  if (options.expires !== undefined)
    headers[HEADER.expiresAt] = wireTime(expiryOf(options.expires, parts, subject), `${subject}: expires`)
  if (options.timeout !== undefined)
    headers[HEADER.timeout] = String(parseDuration(options.timeout, `${subject}: timeout`))
  if (options.retryLimit !== undefined)
    headers[HEADER.retryLimit] = String(checkLimit(options.retryLimit, subject))
}

/** Not by assignment: a header "__proto__" must stay a header. */
function addUserHeaders(headers: Record<string, string>, given: Headers): void {
  checkUserHeaders(given)
  for (const [name, value] of Object.entries(given))
    Object.defineProperty(headers, name, { value, enumerable: true, configurable: true, writable: true })
}

function expiryOf(expires: NonNullable<EnqueueOptions['expires']>, parts: Parts, subject: string): number {
  if (typeof expires === 'object') return momentOf(expires, `${subject}: expires`)
  return parts.runtime.now() + parseDuration(expires, `${subject}: expires`)
}

/** @throws QueueError INVALID */
function momentOf(time: Date | number, label: string): number {
  const ms = epochMs(time)
  if (Number.isFinite(ms)) return ms
  throw new QueueError('INVALID', `${label} must be a valid Date or epoch milliseconds, not ${show(time)}.`)
}

function checkLimit(limit: number, subject: string): number {
  if (Number.isInteger(limit) && limit >= 0 && limit <= MOST_RETRIES) return limit
  throw new QueueError(
    'INVALID',
    `${subject}: retryLimit must be a whole number from 0 to ${MOST_RETRIES}, not ${show(limit)}.`,
  )
}
