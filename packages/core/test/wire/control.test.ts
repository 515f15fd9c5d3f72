import { readFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { CommandReader, sendCommand } from '../../src/control/command.ts'
import type { CommandBody } from '../../src/control/command.ts'
import { jsonSerializer } from '../../src/index.ts'
import { memory } from '../../src/memory/index.ts'
import type { Parts } from '../../src/task/parts.ts'
import { virtualRuntime } from '../../src/testing/index.ts'

interface Sent {
  readonly name: string
  /** `null`: none. Absent: that of the file. */
  readonly secret?: null
  readonly body: CommandBody
  readonly payload: string
}

interface Heard {
  readonly name: string
  readonly secret?: null
  readonly payload: string
  /** How often it is heard; the last time counts. Default 1. */
  readonly times?: number
  /** A word of the reason; absent when the command is taken. */
  readonly refused?: string
}

const file = JSON.parse(readFileSync(new URL('../../wire/control.json', import.meta.url), 'utf8')) as {
  readonly secret: string
  readonly namespace: string
  readonly topic: string
  readonly now: number
  readonly sent: readonly Sent[]
  readonly heard: readonly Heard[]
}

describe('control vectors', () => {
  it.each(file.sent.map((vector) => [vector.name, vector] as const))('sends %s', async (_, vector) => {
    const { id } = JSON.parse(vector.payload) as { readonly id: string }
    const parts = partsOf(vector, id)
    await parts.channel!.open()
    const subscription = await parts.channel!.listen([file.topic])
    expect(await sendCommand(parts, vector.body)).toBe(id)
    for await (const { payload } of subscription) {
      expect(Buffer.from(payload).toString()).toBe(vector.payload)
      break
    }
  })

  it.each(file.sent.map((vector) => [vector.name, vector] as const))(
    'hears what it sent: %s',
    (_, vector) => {
      const heard = new CommandReader(partsOf(vector)).read(Buffer.from(vector.payload))
      expect(heard).toEqual({ command: expect.objectContaining(vector.body) })
    },
  )

  it.each(file.heard.map((vector) => [vector.name, vector] as const))('takes or refuses: %s', (_, vector) => {
    const reader = new CommandReader(partsOf(vector))
    let heard = reader.read(Buffer.from(vector.payload))
    for (let times = 1; times < (vector.times ?? 1); times += 1) {
      expect(heard).toHaveProperty('command')
      heard = reader.read(Buffer.from(vector.payload))
    }
    if (vector.refused === undefined) expect(heard).toEqual({ command: JSON.parse(vector.payload) })
    else expect(heard).toEqual({ refused: expect.stringContaining(vector.refused) })
  })
})

function partsOf({ secret }: { readonly secret?: null }, id = 'unused'): Parts {
  const transport = memory()
  onTestFinished(() => transport.channel!.close())
  return {
    namespace: file.namespace,
    broker: transport.broker,
    results: transport.results,
    channel: transport.channel,
    origin: undefined,
    runtime: { ...virtualRuntime({ startAt: file.now }), id: () => id },
    serializer: jsonSerializer,
    serializers: new Map([[jsonSerializer.contentType, jsonSerializer]]),
    plugins: [],
    lanes: 1,
    secret: secret === null ? undefined : file.secret,
    ready: async () => {},
  }
}
