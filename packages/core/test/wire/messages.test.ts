import { readFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Message, Serializer } from '../../src/contract/index.ts'
import { Bananas, defineTask, jsonSerializer, QueueError } from '../../src/index.ts'
import type { EnqueueOptions, TaskOptions } from '../../src/index.ts'
import { memory } from '../../src/memory/index.ts'
import { enqueuedAtOf, readEnvelope } from '../../src/task/envelope.ts'
import { virtualRuntime } from '../../src/testing/index.ts'
import { testApp } from '../app.ts'
import { until } from '../../../../tests/until.ts'

interface WireMessage {
  readonly id: string
  readonly headers: Readonly<Record<string, string>>
  /** Base64. */
  readonly body: string
}

interface Read {
  readonly name: string
  readonly message: WireMessage
  readonly envelope: Readonly<Record<string, unknown>>
  /** Absent: `undefined`. */
  readonly payload?: unknown
}

interface Written extends Read {
  /** ISO time of the enqueue. */
  readonly now: string
  /** What the broker can do, where that decides what is sent. */
  readonly maxDelayMs?: number
  readonly priorityLevels?: number
  readonly contentType?: string
  readonly task: TaskOptions & { readonly name: string }
  readonly input?: unknown
  readonly options: EnqueueOptions
  readonly message: WireMessage & {
    readonly queue: string
    readonly priority: number
    readonly delayMs: number
    readonly group?: string
  }
}

interface Refused {
  readonly name: string
  readonly part: 'headers' | 'body'
  readonly message: WireMessage
  readonly error: string
}

const { written, read, refused } = JSON.parse(
  readFileSync(new URL('../../wire/messages.json', import.meta.url), 'utf8'),
) as {
  readonly written: readonly Written[]
  readonly read: readonly Read[]
  readonly refused: readonly Refused[]
}

const textSerializer: Serializer = {
  contentType: 'text/plain',
  encode: (value) => Buffer.from(String(value)),
  decode: (bytes) => Buffer.from(bytes).toString(),
}
const serializers = new Map([jsonSerializer, textSerializer].map((one) => [one.contentType, one]))

describe('message vectors', () => {
  it.each(written.map((vector) => [vector.name, vector] as const))('writes %s', async (_, vector) => {
    expect(await whatIsPublished(vector)).toEqual(vector.message)
  })

  it.each([...written, ...read].map((vector) => [vector.name, vector] as const))('reads %s', (_, vector) => {
    const { id, headers, body } = vector.message
    const envelope = readEnvelope(id, headers)
    const enqueuedAt = enqueuedAtOf(id, envelope)
    expect(withoutUndefined({ ...envelope, enqueuedAt })).toEqual(vector.envelope)
    expect(serializers.get(envelope.contentType)?.decode(Buffer.from(body, 'base64'))).toEqual(vector.payload)
  })

  it.each(refused.map((vector) => [vector.name, vector] as const))(
    'refuses %s, and a worker sets it aside and goes on',
    async (_, vector) => {
      if (vector.part === 'headers')
        expect(codeOf(() => readEnvelope(vector.message.id, vector.message.headers))).toBe(vector.error)
      const { app, worker } = testApp()
      const ran = vi.fn<() => void>()
      const task = defineTask('n')
      const running = worker().handle(task, ran)
      await app.open()
      await app.broker.publish('default', [received(vector.message)])
      await running.start()
      await until('it is dead', async () => (await app.queues.inspect('default')).dead === 1)
      const { letters } = await app.queues.dead('default')
      expect(JSON.parse(letters[0]!.message.headers['bananas-error']!)).toMatchObject({ code: vector.error })
      expect(Buffer.from(letters[0]!.message.body).toString('base64')).toBe(vector.message.body)
      expect(ran).not.toHaveBeenCalled()
      await (await app.enqueue(task)).result()
      expect(ran).toHaveBeenCalledOnce()
    },
  )
})

async function whatIsPublished(vector: Written): Promise<unknown> {
  const { maxDelayMs, priorityLevels, contentType } = vector
  const transport = memory({
    supports: {
      ...(maxDelayMs !== undefined && { maxDelayMs }),
      ...(priorityLevels !== undefined && { priorityLevels }),
    },
  })
  const app = new Bananas({
    transport,
    runtime: virtualRuntime({ startAt: Date.parse(vector.now) }),
    ...(contentType !== undefined && { serializer: serializers.get(contentType)! }),
  })
  onTestFinished(() => app.close())
  const publish = vi.spyOn(transport.broker, 'publish')
  const { name, ...options } = vector.task
  await app.enqueue(defineTask<unknown>(name, options), vector.input, vector.options)
  const [queue, [message]] = publish.mock.calls[0] as [string, readonly [Message]]
  return withoutUndefined({ queue, ...message, body: Buffer.from(message.body).toString('base64') })
}

function received({ id, headers, body }: WireMessage): Message {
  return { id, headers, body: Buffer.from(body, 'base64'), priority: 50, delayMs: 0 }
}

function withoutUndefined(value: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined))
}

function codeOf(call: () => unknown): string | undefined {
  try {
    call()
  } catch (error) {
    return QueueError.is(error) ? error.code : String(error)
  }
  return undefined
}
