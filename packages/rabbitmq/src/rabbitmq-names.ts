import { createHash } from 'node:crypto'

/** What a name at the server may have at most: a routing key of 255 bytes holds one behind the path of a delay. */
const LONGEST = 190
/** What topic exchanges read as more than itself, and what marks an escape. */
const SPECIAL = /[%.*#]/g

/** `ready`: what is handed out. `dead`: what was set aside. */
export type QueueKind = 'ready' | 'dead'

const KINDS: Readonly<Record<QueueKind, { readonly plain: string; readonly hashed: string }>> = {
  ready: { plain: 'q', hashed: 'Q' },
  dead: { plain: 'dead', hashed: 'DEAD' },
}

/**
 * What a queue is called at the server. Legible and reversible where it fits, with `%`, `.`, `*` and `#` as `%25` and the
 * like; a longer name by its SHA-256, in another space, so that no two names ever share a queue.
 */
export function serverQueue(prefix: string, kind: QueueKind, queue: string): string {
  const { plain, hashed } = KINDS[kind]
  const escaped = queue.replace(SPECIAL, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
  const name = `${prefix}:${plain}:${escaped}`
  if (Buffer.byteLength(name) <= LONGEST) return name
  return `${prefix}:${hashed}:${hashOf(queue)}`
}

/** Routing keys have 255 bytes at most; a topic that is longer, or looks like a hash, goes by its hash. */
export function topicKey(topic: string): string {
  return topic.startsWith('sha256:') || Buffer.byteLength(topic) > 255 ? `sha256:${hashOf(topic)}` : topic
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
