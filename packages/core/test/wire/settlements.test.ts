import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { HeldTask } from '../../src/worker/held-task.ts'
import { deadSettlement, postponeSettlement, retrySettlement } from '../../src/worker/settlements.ts'
import { Source } from '../../src/worker/source.ts'
import type { Settlement } from '../../src/contract/index.ts'
import { jsonSerializer, systemRuntime } from '../../src/index.ts'
import { memory } from '../../src/memory/index.ts'
import { readEnvelope } from '../../src/task/envelope.ts'
import type { Parts } from '../../src/task/parts.ts'

type Headers = Readonly<Record<string, string>>

interface Vector {
  readonly name: string
  /** What the broker keeps; without limit when absent. */
  readonly maxDelayMs?: number
  readonly before: Headers
  readonly fate:
    | { readonly as: 'retry' | 'postpone'; readonly delayMs: number }
    | { readonly as: 'deadLetter'; readonly error: { readonly name: string; readonly message: string } }
  readonly after: Headers
  /** What the broker is asked for. */
  readonly delayMs?: number
}

const { vectors } = JSON.parse(
  readFileSync(new URL('../../wire/settlements.json', import.meta.url), 'utf8'),
) as { readonly vectors: readonly Vector[] }

describe('settlement vectors', () => {
  it.each(vectors.map((vector) => [vector.name, vector] as const))(
    'writes the next headers: %s',
    (_, vector) => {
      const settlement = settle(vector)
      expect('headers' in settlement && settlement.headers).toEqual(vector.after)
      expect('delayMs' in settlement ? settlement.delayMs : undefined).toBe(vector.delayMs)
    },
  )

  it.each(vectors.map((vector) => [vector.name, vector] as const))(
    'writes headers it can read: %s',
    (_, vector) => {
      expect(readEnvelope('x', vector.after).task).toBe(vector.before['bananas-task'])
    },
  )
})

function settle({ before, fate, maxDelayMs = Infinity }: Vector): Settlement {
  const { broker } = memory({ supports: { maxDelayMs } })
  const parts = partsOf(broker)
  const held = hold(before, parts)
  if (fate.as === 'deadLetter') return deadSettlement(held, 'no luck', fate.error)
  return (fate.as === 'retry' ? retrySettlement : postponeSettlement)(parts, held, fate.delayMs)
}

function hold(headers: Headers, { broker, runtime }: Parts): HeldTask {
  const source = new Source({
    broker,
    runtime,
    lane: 'default',
    queue: 'default',
    weight: 1,
    leaseMs: 1000,
    prefetch: 1,
    onError: () => {},
  })
  const message = { id: 'x', headers, body: new Uint8Array(0), priority: 50, delayMs: 0 }
  const delivery = { message, receipt: 'r', deliveries: 1 }
  return new HeldTask(delivery, source, readEnvelope('x', headers), 1000, 0)
}

function partsOf(broker: Parts['broker']): Parts {
  return {
    namespace: 'bananas',
    broker,
    results: undefined,
    channel: undefined,
    origin: undefined,
    runtime: systemRuntime,
    serializer: jsonSerializer,
    serializers: new Map([[jsonSerializer.contentType, jsonSerializer]]),
    plugins: [],
    lanes: 1,
    secret: undefined,
    ready: async () => {},
  }
}
