import { createHash } from 'node:crypto'

/** Most characters of a queue name of SQS, `.fifo` included. */
const MOST = 80
const FIFO = '.fifo'
const DEAD = '_dlq'
const HASHED = '_h'
/** Hex digits that fit in behind the longest prefix: 144 bits. */
const HASH = 36
/** Tags that keep a name too long to be spelled; a tag has room for 256 characters. */
const TAGS = ['bananas-queue', 'bananas-queue-2'] as const
const TAG_CHARACTERS = 200

export interface QueueNames {
  /** What SQS calls the queue. */
  readonly main: string
  /** What SQS calls the queue of its dead letters. */
  readonly dead: string
  /** Needed to read the name back; empty where it can be read from `main`. */
  readonly tags: Readonly<Record<string, string>>
}

/**
 * SQS spells names with letters, digits, `-` and `_`. Those but `_` stand for themselves, every other byte of UTF-8 is
 * `_` and two hex digits; a name that gets too long is a hash, and is kept in tags. `_dlq` and `_h` are no such bytes, so
 * no two names clash.
 */
export function queueNames(prefix: string, queue: string, fifo: boolean): QueueNames {
  const suffix = fifo ? FIFO : ''
  const spelled = prefix + spell(queue)
  const fits = spelled.length + DEAD.length + suffix.length <= MOST
  const name = fits ? spelled : `${prefix}${HASHED}${sha256(queue).slice(0, HASH)}`
  return {
    main: name + suffix,
    dead: name + DEAD + suffix,
    tags: fits ? {} : tagsOf(queue),
  }
}

/**
 * The queue a name of SQS stands for: `undefined` when it is none of ours or holds dead letters, `'tagged'` when only
 * its tags know.
 */
export function readName(
  prefix: string,
  name: string,
  fifo: boolean,
): { readonly queue: string } | 'tagged' | undefined {
  if (!name.startsWith(prefix) || name.endsWith(FIFO) !== fifo) return undefined
  const spelled = name.slice(prefix.length, fifo ? -FIFO.length : undefined)
  if (spelled.endsWith(DEAD)) return undefined
  if (spelled.startsWith(HASHED)) return 'tagged'
  if (!/^(?:[A-Za-z0-9-]|_[0-9a-f]{2})+$/.test(spelled)) return undefined
  return { queue: decodeURIComponent(spelled.replaceAll('_', '%')) }
}

export function readTags(tags: Readonly<Record<string, string>>): string | undefined {
  const spelled = TAGS.map((tag) => tags[tag] ?? '').join('')
  return spelled === '' ? undefined : Buffer.from(spelled, 'base64url').toString()
}

/** An id that SQS takes for grouping or deduplication: its own when it can be spelled, else a hash behind a mark. */
export function safeId(id: string): string {
  return /^[\w-]{1,100}$/.test(id) ? id : `#${sha256(id)}`
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function spell(queue: string): string {
  if (/^[A-Za-z0-9-]+$/.test(queue)) return queue
  return Array.from(Buffer.from(queue), (byte) => {
    const character = String.fromCharCode(byte)
    return /[A-Za-z0-9-]/.test(character) ? character : `_${byte.toString(16).padStart(2, '0')}`
  }).join('')
}

function tagsOf(queue: string): Record<string, string> {
  const spelled = Buffer.from(queue).toString('base64url')
  const rest = spelled.slice(TAG_CHARACTERS)
  return {
    [TAGS[0]]: spelled.slice(0, TAG_CHARACTERS),
    ...(rest === '' ? undefined : { [TAGS[1]]: rest }),
  }
}
