/** All keys of one queue carry its name in a hash tag, so they share a slot, and a script may touch them together. */
export interface QueueKeys {
  /** List: messages of priority 50, first in, first out. */
  readonly ready: string
  /** Sorted set by 100 - priority: messages of every other priority. */
  readonly ranked: string
  /** Sorted set by epoch ms: delayed messages. */
  readonly due: string
  /** Sorted set by epoch ms: receipts, by the end of their lease. */
  readonly lease: string
  /** Hash: receipt to message. */
  readonly held: string
  /** List of at most one marker, on which consumers wait. Never data: what a dying client has popped is lost. */
  readonly wake: string
  /** Counter. */
  readonly seq: string
  /** Sorted set by number: dead letters, oldest first. */
  readonly dead: string
}

export function queueKeys(prefix: string, queue: string): QueueKeys {
  const tag = `{${prefix}:${queue}}`
  return {
    ready: `${tag}:ready`,
    ranked: `${tag}:ranked`,
    due: `${tag}:due`,
    lease: `${tag}:lease`,
    held: `${tag}:held`,
    wake: `${tag}:wake`,
    seq: `${tag}:seq`,
    dead: `${tag}:dead`,
  }
}

/** The set of all queues ever used. Stands alone: no script touches it. */
export function queuesKey(prefix: string): string {
  return `${prefix}:queues`
}

/** Results, facts and joins are spread over this many slots of a cluster; one is enough elsewhere. */
export interface ShardKeys {
  readonly results: string
  readonly resultEnds: string
  /** Pub/sub topic that hears the ids of final records. */
  readonly finished: string
  readonly facts: string
  readonly factEnds: string
  readonly joinEnds: string
  join(name: string): string
}

export function shardKeys(prefix: string, shard: number): ShardKeys {
  const tag = `{${prefix}#${shard}}`
  return {
    results: `${tag}:results`,
    resultEnds: `${tag}:result-ends`,
    finished: `${tag}:finished`,
    facts: `${tag}:facts`,
    factEnds: `${tag}:fact-ends`,
    joinEnds: `${tag}:join-ends`,
    join: (name) => `${tag}:join:${name}`,
  }
}

/** FNV-1a over UTF-16 units: spreads evenly, and every process agrees. */
export function shardOf(name: string, shards: number): number {
  if (shards === 1) return 0
  let hash = 0x811c9dc5
  for (let index = 0; index < name.length; index += 1) {
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193)
  }
  return (hash >>> 0) % shards
}

export function topicKey(prefix: string, topic: string): string {
  return `${prefix}:topic:${topic}`
}
