/**
 * A cluster's PUBLISH may go to any node, and two nodes keep no order between them: one key leads all messages to
 * the same one. KEYS: a name in the slot to use. ARGV: topic, payload.
 */
export const BROADCAST: string = `return redis.call('PUBLISH', ARGV[1], ARGV[2])`
