import { ListQueuesCommand } from '@aws-sdk/client-sqs'
import { QueueError, systemRuntime } from '@bananasjs/core/contract'
import type { Diagnosis } from '@bananasjs/core/contract'
import type { SqsClient } from './sqs-client.ts'
import { SqsQueues } from './sqs-queues.ts'
import { FEWEST_RECEIVES } from './sqs-options.ts'

/** Each queue that is looked at costs two calls. */
const MOST_QUEUES = 50
const LOOKED_AT = ['MessageRetentionPeriod', 'MaximumMessageSize', 'RedrivePolicy', 'DelaySeconds'] as const
const RETENTION_S = 14 * 86_400
const NEW_QUEUE_BYTES = 1024 * 1024

interface Looked {
  readonly queue: string
  readonly found: Readonly<Record<string, string>>
}

/** What the settings of the queues really give. @throws QueueError DENIED, CONNECTION_LOST */
export async function diagnose(client: SqsClient, signal?: AbortSignal): Promise<readonly Diagnosis[]> {
  const connection = await greet(client)
  if (connection.level !== 'ok') return [connection]
  const queues = new SqsQueues(client)
  const names = await queues.list(signal)
  const looked: Looked[] = []
  for (const queue of names.slice(0, MOST_QUEUES)) {
    signal?.throwIfAborted()
    const found = await queues.findMain(queue)
    if (found !== undefined) looked.push({ queue, found: await queues.attributes(found, LOOKED_AT) })
  }
  return [
    connection,
    count(client, names, looked),
    retention(looked),
    size(looked),
    redrive(looked),
    delay(looked),
  ]
}

async function greet(client: SqsClient): Promise<Diagnosis> {
  const check = 'connection'
  const from = systemRuntime.monotonic()
  try {
    await client.call(new ListQueuesCommand({ MaxResults: 1 }), { repeatable: true })
    const tookMs = Math.round(systemRuntime.monotonic() - from)
    return { check, level: 'ok', found: `${client.where}, ${tookMs} ms for a call` }
  } catch (error) {
    if (!QueueError.is(error, 'DENIED') || !(error.cause instanceof Error)) throw error
    if (!/AccessDenied/.test(error.cause.name)) throw error
    return {
      check,
      level: 'warning',
      found: `${client.where}; these credentials may not list queues, so nothing else was looked at`,
      fix: 'Allow sqs:ListQueues to see more. Producers and workers do not need it.',
    }
  }
}

function count({ settings }: SqsClient, names: readonly string[], looked: readonly Looked[]): Diagnosis {
  const kind = settings.fifo ? 'FIFO' : 'standard'
  const part = looked.length < names.length ? `, ${looked.length} of them looked at` : ''
  return {
    check: 'queues',
    level: 'ok',
    found: `${names.length} ${kind} queues that begin with "${settings.prefix}"${part}`,
  }
}

function retention(looked: readonly Looked[]): Diagnosis {
  const short = looked.filter(({ found }) => Number(found['MessageRetentionPeriod']) < RETENTION_S)
  return judged('retention', short, {
    good: 'messages are kept for 14 days, the longest there is',
    bad: 'forget messages in less than 14 days, without a word',
    fix: 'Set MessageRetentionPeriod to 1209600.',
  })
}

function size(looked: readonly Looked[]): Diagnosis {
  const small = looked.filter(({ found }) => Number(found['MaximumMessageSize']) < NEW_QUEUE_BYTES)
  return judged('message size', small, {
    good: 'every queue takes 1 MiB',
    bad: 'take less than 1 MiB: large tasks are refused, or go through the blob store',
    fix: 'Set MaximumMessageSize to 1048576.',
  })
}

function redrive(looked: readonly Looked[]): Diagnosis {
  const hasty = looked.filter(({ found }) => receivesOf(found) < FEWEST_RECEIVES)
  return judged('redrive policy', hasty, {
    good: 'no queue gives up a task after a few receives',
    bad: `move a task to the dead letters after fewer than ${FEWEST_RECEIVES} receives, tasks that were given back among them`,
    fix: 'Raise maxReceiveCount to 1000: Bananas counts attempts and crashes by itself.',
  })
}

function delay(looked: readonly Looked[]): Diagnosis {
  const slow = looked.filter(({ found }) => Number(found['DelaySeconds']) > 0)
  return judged('delay', slow, {
    good: 'no queue delays what is not to be delayed',
    bad: 'delay every message',
    fix: 'Set DelaySeconds to 0.',
  })
}

function receivesOf({ RedrivePolicy }: Readonly<Record<string, string>>): number {
  if (RedrivePolicy === undefined || RedrivePolicy === '') return Infinity
  const { maxReceiveCount } = JSON.parse(RedrivePolicy) as { readonly maxReceiveCount?: number | string }
  return Number(maxReceiveCount ?? Infinity)
}

function judged(
  check: string,
  wrong: readonly Looked[],
  { good, bad, fix }: { readonly good: string; readonly bad: string; readonly fix: string },
): Diagnosis {
  if (wrong.length === 0) return { check, level: 'ok', found: good }
  const names = wrong.slice(0, 5).map(({ queue }) => `"${queue}"`)
  const more = wrong.length > names.length ? ` and ${wrong.length - names.length} more` : ''
  return { check, level: 'warning', found: `${names.join(', ')}${more} ${bad}`, fix }
}
