import type { Headers, Message } from '../contract/message.ts'
import { checkQueueName } from '../contract/check-message.ts'
import { firstHop } from '../emulation/delay-hops.ts'
import { laneFor } from '../emulation/priority-lanes.ts'
import { QueueError } from '../errors.ts'
import { epochMs } from '../runtime/iso-time.ts'
import { checkPriority } from '../task/define-task.ts'
import type { Task } from '../task/define-task.ts'
import { parseDuration } from '../task/duration.ts'
import type { EnqueueOptions } from '../task/enqueue-options.ts'
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

const LONGEST_ID = 255
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
  if (options.group !== undefined && supports.ordered === 'none') {
    throw new QueueError(
      'UNSUPPORTED',
      `${subject}: ${name} keeps no order (ordered is 'none'), so "group" would promise what nobody keeps. Leave it out.`,
    )
  }
  return {
    lane: laneFor(queue, priority, parts.lanes),
    headers: hop.headers,
    priority,
    delayMs: hop.delayMs,
    group: options.group,
  }
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

/** @throws QueueError INVALID */
export function checkId(id: string): void {
  if (typeof id === 'string' && id.length > 0 && Buffer.byteLength(id) <= LONGEST_ID && id.isWellFormed())
    return
  throw new QueueError('INVALID', `A task id must be a string of 1 to ${LONGEST_ID} bytes, not ${show(id)}.`)
}

function delayOf(options: EnqueueOptions, now: number, subject: string): number {
  if (options.at === undefined)
    return options.delay === undefined ? 0 : parseDuration(options.delay, `${subject}: delay`)
  if (options.delay !== undefined)
    throw new QueueError('INVALID', `${subject}: give either "delay" or "at", not both.`)
  const at = epochMs(options.at)
  if (!Number.isFinite(at)) throw new QueueError('INVALID', `${subject}: "at" is not a valid time.`)
  return Math.max(0, Math.ceil(at - now))
}

function headersOf(parts: Parts, task: AnyTask, options: EnqueueOptions): Record<string, string> {
  const headers: Record<string, string> = { [HEADER.task]: task.name }
  const { contentType } = parts.serializer
  if (contentType !== DEFAULT_CONTENT_TYPE) headers[HEADER.contentType] = contentType
  if (options.headers !== undefined) addUserHeaders(headers, options.headers)
  addLimits(headers, parts, options, `Task "${task.name}"`)
  if (options.ignoreResult !== undefined) headers[HEADER.ignoreResult] = options.ignoreResult ? 'yes' : 'no'
  if (options.shadow !== undefined) headers[HEADER.shadow] = options.shadow
  if (options.needs !== undefined) headers[HEADER.needs] = options.needs
  if (options.parentId !== undefined) headers[HEADER.parentId] = options.parentId
  if (options.rootId !== undefined) headers[HEADER.rootId] = options.rootId
  return headers
}

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
  if (typeof expires === 'object') return epochMs(expires)
  return parts.runtime.now() + parseDuration(expires, `${subject}: expires`)
}

function checkLimit(limit: number, subject: string): number {
  if (Number.isInteger(limit) && limit >= 0 && limit <= MOST_RETRIES) return limit
  throw new QueueError(
    'INVALID',
    `${subject}: retryLimit must be a whole number from 0 to ${MOST_RETRIES}, not ${show(limit)}.`,
  )
}
