import { createHash } from 'node:crypto'

/** A consumer's name is a file name at the server. */
const LONGEST = 180
const PLAIN = /^[\w-]+$/

/**
 * What stands for a name in subjects, consumers and keys: letters, digits, `-` and `_` as they are, all else as `=` and
 * two hex digits per byte; a longer one as `==` and its SHA-256, which no other name is written like.
 */
export function tokenOf(name: string): string {
  if (name.length <= LONGEST && PLAIN.test(name)) return name
  let token = ''
  for (const byte of Buffer.from(name)) {
    const one = String.fromCharCode(byte)
    token += byte < 128 && PLAIN.test(one) ? one : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return token.length <= LONGEST ? token : `==${createHash('sha256').update(name).digest('base64url')}`
}

/** What one queue is called at the server. */
export interface QueueNames {
  readonly ready: string
  readonly delayed: string
  readonly dead: string
  /** Durable consumers: of what is ready, of what is delayed. */
  readonly readyConsumer: string
  readonly delayedConsumer: string
}

export interface Names {
  /** Streams. */
  readonly queues: string
  readonly delayed: string
  readonly dead: string
  readonly results: string
  readonly queue: (name: string) => QueueNames
  /** Keys of the bucket: results, facts and joins apart. */
  readonly key: (kind: 'result' | 'fact' | 'join', name: string) => string
  /** Where a final result is announced. */
  readonly done: (id: string) => string
  readonly topic: (topic: string) => string
  /** A subject of the queue stream on which nothing is ever published. */
  readonly silence: (nonce: string) => string
  readonly readySubjects: string
  readonly delayedSubjects: string
  readonly silentSubjects: string
  readonly deadSubjects: string
  readonly doneSubjects: string
  readonly resultSubjects: string
}

export function namesOf(prefix: string): Names {
  const bucket = `${prefix}-results`
  return {
    queues: `${prefix}-queues`,
    delayed: `${prefix}-delayed`,
    dead: `${prefix}-dead`,
    results: `KV_${bucket}`,
    queue(name) {
      const token = tokenOf(name)
      return {
        ready: `${prefix}.ready.${token}`,
        delayed: `${prefix}.delayed.${token}`,
        dead: `${prefix}.dead.${token}`,
        readyConsumer: `ready_${token}`,
        delayedConsumer: `delayed_${token}`,
      }
    },
    key: (kind, name) => `$KV.${bucket}.${kind}.${tokenOf(name)}`,
    done: (id) => `${prefix}.done.${tokenOf(id)}`,
    topic: (topic) => `${prefix}.event.${tokenOf(topic)}`,
    silence: (nonce) => `${prefix}.silence.${nonce}`,
    readySubjects: `${prefix}.ready.*`,
    delayedSubjects: `${prefix}.delayed.*`,
    silentSubjects: `${prefix}.silence.*`,
    deadSubjects: `${prefix}.dead.*`,
    doneSubjects: `${prefix}.done.*`,
    resultSubjects: `$KV.${bucket}.>`,
  }
}
