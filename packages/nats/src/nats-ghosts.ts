import type { NatsClient } from './nats-client.ts'
import { readStored } from './nats-stored.ts'

/** What is not done within these bounds is left: it costs a few numbers at the server, and no task. */
const MOST_MESSAGES = 1000
const MOST_GHOSTS = 65_536

/** A stream, and the consumer of one queue in it. */
export interface QueueConsumer {
  readonly stream: string
  readonly consumer: string
  readonly subject: string
}

export interface Range {
  readonly from: number
  readonly to: number
}

/**
 * Acknowledges what a consumer remembers as handed out and what is in its stream no more. A server that crashed
 * after the removal and before the note of it waits for the acknowledgement for ever.
 *
 * Only numbers that no message of any queue bears: the server removes whatever is acknowledged, without asking whose it is.
 */
export async function clearGhosts(
  client: NatsClient,
  of: QueueConsumer,
  { from, to }: Range,
  signal: AbortSignal,
): Promise<void> {
  let next = from
  let ghosts = 0
  for (let seen = 0; next <= to && seen < MOST_MESSAGES && ghosts < MOST_GHOSTS; seen += 1) {
    const found = await readStored(client.api, of.stream, { seq: next, next_by_subj: '>' }, signal)
    const there = found?.seq ?? Infinity
    const driver = await client.link.open(signal)
    for (; next < there && next <= to && ghosts < MOST_GHOSTS; next += 1, ghosts += 1)
      driver.publish(`$JS.ACK.${of.stream}.${of.consumer}.1.${next}.0.0.0`, '+ACK')
    if (next === there) next += 1
  }
}
