import { readFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { ResultState, Serializer } from '../../src/contract/index.ts'
import { Bananas, QueueError } from '../../src/index.ts'
import { memory } from '../../src/memory/index.ts'
import { decodeResultValue, encodeResultValue } from '../../src/task/result-value.ts'
import type { ResultFacts } from '../../src/task/result-value.ts'

interface Read {
  readonly name: string
  readonly facts: ResultFacts
  /** Base64. */
  readonly body: string
  /** Base64: facts and body as they are stored. */
  readonly value: string
}

interface Stored extends Read {
  readonly state: ResultState
  /** What `job.result()` resolves with; absent: `undefined`. */
  readonly result?: unknown
  /** The code that `job.result()` rejects with. */
  readonly error?: string
}

interface Refused {
  readonly name: string
  readonly value: string
  readonly error: string
}

const { stored, read, refused } = JSON.parse(
  readFileSync(new URL('../../wire/results.json', import.meta.url), 'utf8'),
) as {
  readonly stored: readonly Stored[]
  readonly read: readonly Read[]
  readonly refused: readonly Refused[]
}

const textSerializer: Serializer = {
  contentType: 'text/plain',
  encode: (value) => Buffer.from(String(value)),
  decode: (bytes) => Buffer.from(bytes).toString(),
}
const FINAL: ReadonlySet<ResultState> = new Set(['succeeded', 'failed', 'cancelled', 'expired'])

describe('result vectors', () => {
  it.each(stored.map((vector) => [vector.name, vector] as const))(
    'writes %s',
    (_, { facts, body, value }) => {
      expect(base64(encodeResultValue(facts, bytes(body)))).toBe(value)
    },
  )

  it.each([...stored, ...read].map((vector) => [vector.name, vector] as const))('reads %s', (_, vector) => {
    const decoded = decodeResultValue('x', bytes(vector.value))
    expect(decoded.facts).toEqual(vector.facts)
    expect(base64(decoded.body)).toBe(vector.body)
  })

  it.each(stored.map((vector) => [vector.name, vector] as const))(
    'tells those who ask and wait: %s',
    async (_, { state, facts, value, error, result }) => {
      const transport = memory()
      const app = new Bananas({ transport, serializers: [textSerializer] })
      onTestFinished(() => app.close())
      await app.open()
      await transport.results!.put([{ id: 'x', state, value: bytes(value), ttlMs: 60_000 }])
      const job = app.job('x')
      expect(await job.status()).toEqual({ id: 'x', state, ...facts })
      if (!FINAL.has(state)) return
      const outcome = job.result({ timeout: '10s' })
      if (error === undefined) expect(await outcome).toEqual(result)
      else expect(await codeOf(outcome)).toBe(error)
    },
  )

  it.each(refused.map((vector) => [vector.name, vector] as const))('refuses %s', (_, { value, error }) => {
    expect(() => decodeResultValue('x', bytes(value))).toThrow(expect.objectContaining({ code: error }))
  })
})

function bytes(text: string): Uint8Array {
  return Buffer.from(text, 'base64')
}

function base64(value: Uint8Array): string {
  return Buffer.from(value).toString('base64')
}

async function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  try {
    await promise
  } catch (error) {
    return QueueError.is(error) ? error.code : String(error)
  }
  return undefined
}
