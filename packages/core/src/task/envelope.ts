import type { Headers } from '../contract/message.ts'
import { QueueError } from '../errors.ts'
import { fromIsoTime, toIsoTime } from '../runtime/iso-time.ts'
import { uuidV7Time } from '../runtime/uuid-v7.ts'
import { checkText } from './check-values.ts'
import { show } from './show.ts'

/**
 * What core knows of a message from its headers alone. The wire format (docs/wire-format.md):
 * every field is one header, absent rather than null, times are ISO 8601 with offset.
 */
export interface Envelope {
  readonly task: string
  readonly contentType: string
  /** 1 = first. Counts what the handler used up, not hand-overs. */
  readonly attempt: number
  /** Epoch ms. Absent where the id is a UUIDv7, which holds the same time: ask `enqueuedAtOf`. */
  readonly enqueuedAt: number | undefined
  readonly notBefore: number | undefined
  readonly expiresAt: number | undefined
  readonly rootId: string | undefined
  readonly parentId: string | undefined
  readonly groupId: string | undefined
  readonly groupIndex: number | undefined
  readonly timeoutMs: number | undefined
  readonly hardTimeoutMs: number | undefined
  /** `undefined` = the task decides. */
  readonly ignoreResult: boolean | undefined
  readonly replyTo: string | undefined
  /** Shown instead of the task's name. */
  readonly shadow: string | undefined
  readonly unique: string | undefined
  readonly uniqueUntil: 'started' | 'finished' | undefined
  readonly retryLimit: number | undefined
  /** Name of a plugin the worker must have. */
  readonly needs: string | undefined
  /** Hand-overs that used up no attempt: given back, postponed, unknown here. */
  readonly handedBack: number
  /** How many of these were by workers that do not know the task. */
  readonly unknownTimes: number
  /** What is left of a delay longer than the broker keeps; the worker that gets the message postpones it again. */
  readonly hopMs: number
}

export const HEADER = {
  version: 'bananas-version',
  task: 'bananas-task',
  contentType: 'content-type',
  attempt: 'bananas-attempt',
  enqueuedAt: 'bananas-enqueued-at',
  notBefore: 'bananas-not-before',
  expiresAt: 'bananas-expires-at',
  rootId: 'bananas-root-id',
  parentId: 'bananas-parent-id',
  groupId: 'bananas-group-id',
  groupIndex: 'bananas-group-index',
  timeout: 'bananas-timeout-ms',
  hardTimeout: 'bananas-hard-timeout-ms',
  ignoreResult: 'bananas-ignore-result',
  replyTo: 'bananas-reply-to',
  shadow: 'bananas-shadow',
  unique: 'bananas-unique',
  uniqueUntil: 'bananas-unique-until',
  retryLimit: 'bananas-retry-limit',
  needs: 'bananas-needs',
  handedBack: 'bananas-handed-back',
  unknownTimes: 'bananas-unknown-times',
  hopMs: 'bananas-hop-ms',
  error: 'bananas-error',
  traceparent: 'traceparent',
} as const

/** Read when no header names another. */
export const DEFAULT_CONTENT_TYPE = 'application/json'
const WIRE_VERSION = '1'
const RESERVED = 'bananas-'

/**
 * @throws QueueError UNDECODABLE when the headers are not of this wire format: no task, another version, a field out of range
 */
export function readEnvelope(id: string, headers: Headers): Envelope {
  const task = headers[HEADER.task]
  if (task === undefined || task === '') throw undecodable(id, `it has no ${HEADER.task} header`)
  const version = headers[HEADER.version] ?? WIRE_VERSION
  if (version !== WIRE_VERSION)
    throw undecodable(id, `wire version ${version} is not known here (${WIRE_VERSION} is)`)
  return {
    task,
    contentType: headers[HEADER.contentType] ?? DEFAULT_CONTENT_TYPE,
    attempt: count(id, headers, HEADER.attempt, 1) ?? 1,
    enqueuedAt: time(id, headers, HEADER.enqueuedAt),
    notBefore: time(id, headers, HEADER.notBefore),
    expiresAt: time(id, headers, HEADER.expiresAt),
    rootId: headers[HEADER.rootId],
    parentId: headers[HEADER.parentId],
    groupId: headers[HEADER.groupId],
    groupIndex: count(id, headers, HEADER.groupIndex, 0),
    timeoutMs: count(id, headers, HEADER.timeout, 0, Number.MAX_SAFE_INTEGER),
    hardTimeoutMs: count(id, headers, HEADER.hardTimeout, 0, Number.MAX_SAFE_INTEGER),
    ignoreResult: choice(id, headers, HEADER.ignoreResult, YES_NO),
    replyTo: headers[HEADER.replyTo],
    shadow: headers[HEADER.shadow],
    unique: headers[HEADER.unique],
    uniqueUntil: choice(id, headers, HEADER.uniqueUntil, UNTIL),
    retryLimit: count(id, headers, HEADER.retryLimit, 0),
    needs: headers[HEADER.needs],
    handedBack: tally(id, headers, HEADER.handedBack),
    unknownTimes: tally(id, headers, HEADER.unknownTimes),
    hopMs: count(id, headers, HEADER.hopMs, 0, Number.MAX_SAFE_INTEGER) ?? 0,
  }
}

/** Epoch ms. Apart from the rest, so that an envelope depends on the headers alone. */
export function enqueuedAtOf(id: string, { enqueuedAt }: Envelope): number | undefined {
  return enqueuedAt ?? uuidV7Time(id)
}

const YES_NO: ReadonlyMap<string, boolean> = new Map([
  ['yes', true],
  ['no', false],
])
const UNTIL: ReadonlyMap<string, 'started' | 'finished'> = new Map([
  ['started', 'started'],
  ['finished', 'finished'],
])

/** Names of the wire format are refused to users, the rest travels verbatim. @throws QueueError INVALID */
export function checkUserHeaders(headers: Headers): void {
  // What can be iterated, as a Map or the Headers of fetch, has no keys of its own and would be lost.
  if (typeof headers !== 'object' || headers === null || Symbol.iterator in headers)
    throw new QueueError('INVALID', `Headers must be an object of strings, not ${show(headers)}.`)
  for (const name of Object.keys(headers)) {
    if (name.startsWith(RESERVED) || name === HEADER.contentType) {
      throw new QueueError(
        'INVALID',
        `The header "${name}" belongs to the wire format. Choose a name that does not start with "${RESERVED}".`,
      )
    }
    checkText(name, 'The name of a header')
    checkText(headers[name]!, `The header "${name}"`)
  }
}

/** A time as it stands on the wire. @throws QueueError INVALID outside the range of dates */
export function wireTime(ms: number, label: string): string {
  if (!Number.isFinite(ms) || Math.abs(ms) > 8.64e15)
    throw new QueueError('INVALID', `${label}: the time ${ms} is outside the range of dates.`)
  return toIsoTime(ms)
}

function undecodable(id: string, why: string): QueueError {
  return new QueueError('UNDECODABLE', `Message ${id} cannot be read: ${why}.`)
}

// oxlint-disable-next-line max-params -- a field is a message, its name and its range
function count(
  id: string,
  headers: Headers,
  name: string,
  least: number,
  most = 2 ** 31,
): number | undefined {
  const text = headers[name]
  if (text === undefined) return undefined
  const value = /^\d+$/.test(text) ? Number(text) : NaN
  if (!Number.isSafeInteger(value) || value < least || value > most)
    throw undecodable(id, `${name} is "${text.slice(0, 40)}"`)
  return value
}

/** Absent is none. */
function tally(id: string, headers: Headers, name: string): number {
  return count(id, headers, name, 0) ?? 0
}

function time(id: string, headers: Headers, name: string): number | undefined {
  const text = headers[name]
  if (text === undefined) return undefined
  const value = fromIsoTime(text)
  if (Number.isNaN(value)) throw undecodable(id, `${name} is "${text.slice(0, 40)}"`)
  return value
}

function choice<T>(
  id: string,
  headers: Headers,
  name: string,
  values: ReadonlyMap<string, T>,
): T | undefined {
  const text = headers[name]
  if (text === undefined) return undefined
  const value = values.get(text)
  if (value === undefined) throw undecodable(id, `${name} is "${text.slice(0, 40)}"`)
  return value
}
