import { describe, expect, it } from 'vitest'
import type { CommandName, CommandOptions, QueueEvent } from '../../src/index.ts'
import { memory } from '../../src/memory/index.ts'
import { topicsOf } from '../../src/task/topics.ts'
import { until } from '../../../../tests/until.ts'
import { refusal } from './refusal.ts'
import { trial } from './trial.ts'

const { control, events } = topicsOf('bananas')

describe('a command', () => {
  it.each<[string, CommandName, unknown, RegExp]>([
    ['a wait of NaN', 'ping', { wait: NaN }, /wait: NaN/],
    ['a wait in words', 'ping', { wait: 'soon' }, /wait: "soon"/],
    ['a mistyped option', 'ping', { timeout: 5 }, /no option "timeout"/],
    ['one worker in place of a list', 'ping', { to: 'worker-1' }, /"to" must be a list/],
    ['arguments nobody can write', 'ping', { args: { n: 1n } }, /cannot be written/],
    ['arguments that turn in a circle', 'ping', { args: circle() }, /cannot be written/],
  ])('refuses %s', async (_, name, options, culprit) => {
    const { app } = trial()
    const told = await refusal(() => app.control.send(name, options as CommandOptions))
    expect(told).toMatch(/^INVALID: /)
    expect(told).toMatch(culprit)
  })

  it.each<[string, CommandName, Record<string, unknown>, RegExp]>([
    ['a concurrency of 0', 'concurrency', { value: 0 }, /concurrency .*0/],
    ['a concurrency in words', 'concurrency', { value: 'many' }, /concurrency .*NaN/],
    ['a concurrency left out', 'concurrency', {}, /concurrency .*NaN/],
    ['a pause of a queue it does not have', 'pause', { queue: 'x' }, /does not consume "x"/],
    ['a pause of a number', 'pause', { queue: 5 }, /"queue" must be a string/],
    ['a revoke without ids', 'revoke', {}, /"ids" must be a list/],
    ['a revoke of numbers', 'revoke', { ids: [1] }, /"ids" must be a list/],
    ['no name', '' as never, {}, /Unknown command.*ping, inspect/],
    ['a name nobody knows', 'reboot' as never, {}, /Unknown command.*ping, inspect/],
    ['a name of a prototype', 'constructor' as never, {}, /Unknown command/],
    ['a drain below 0', 'shutdown', { drainMs: -1 }, /drain: -1/],
  ])('with %s is answered with what is wrong, and the worker works on', async (_, name, args, culprit) => {
    const { app, running, expectAlive } = trial({}, { id: 'w' })
    await running.start()
    const [reply] = await app.control.send(name, { args, to: ['w'], wait: '10s' })
    expect(reply?.error).toMatch(culprit)
    await expectAlive()
  })
})

const NONSENSE: readonly (readonly [string, string | Uint8Array])[] = [
  ['no bytes', ''],
  ['no JSON', '{'],
  ['bytes that are not UTF-8', new Uint8Array([0xff, 0xfe, 0])],
  ['null', 'null'],
  ['a number', '5'],
  ['a list of nonsense', '[null,5,"x",{},{"type":5},{"type":"task.sent"}]'],
  ['prototype keys', '{"__proto__":{"command":"shutdown"},"constructor":1}'],
  ['a command without an id', '{"command":"ping","at":1}'],
  ['a command named by a prototype', '{"command":"constructor","id":"1","at":1}'],
  ['arguments that are none', '{"command":"ping","id":"1","at":1,"args":5}'],
  ['a reply address that is none', '{"command":"ping","id":"1","at":1,"replyTo":{"a":1}}'],
  ['receivers that are none', '{"command":"ping","id":"1","at":1,"to":"all"}'],
  ['a depth of a hundred thousand', '['.repeat(100_000) + ']'.repeat(100_000)],
  ['half a megabyte', `"${'x'.repeat(500_000)}"`],
]

describe('nonsense on the channel', () => {
  it.each(NONSENSE)('of %s stops no worker', async (_, payload) => {
    const transport = memory()
    const { app, running, expectAlive } = trial({ transport }, { id: 'w' })
    await running.start()
    await transport.channel!.broadcast(control, Buffer.from(payload as string))
    await transport.channel!.broadcast(events, Buffer.from(payload as string))
    expect(await app.control.send('ping', { to: ['w'], wait: '10s' })).toHaveLength(1)
    await expectAlive()
  })

  it.each(NONSENSE)('of %s ends no listening to events', async (_, payload) => {
    const transport = memory()
    const { app, running, expectAlive } = trial({ transport }, { events: 'always' })
    const seen: QueueEvent[] = []
    const controller = new AbortController()
    const listening = (async () => {
      for await (const event of app.events({ signal: controller.signal })) seen.push(event)
    })()
    await running.start()
    await transport.channel!.broadcast(events, Buffer.from(payload as string))
    await expectAlive()
    await until('events come', () => seen.some(({ type }) => type === 'task.succeeded'))
    expect(seen.every(({ type, at }) => typeof type === 'string' && typeof at === 'number')).toBe(true)
    controller.abort()
    await listening.catch(() => {})
  })

  it.each(NONSENSE)('of %s is no reply to a command', async (_, payload) => {
    const transport = memory()
    const { app, running } = trial({ transport }, { id: 'w' })
    await running.start()
    const heard = await transport.channel!.listen([control])
    const answer = app.control.send('ping', { to: ['w'], wait: '10s' })
    for await (const { payload: sent } of heard) {
      const { replyTo } = JSON.parse(Buffer.from(sent).toString()) as { replyTo: string }
      await transport.channel!.broadcast(replyTo, Buffer.from(payload as string))
      break
    }
    expect(await answer).toEqual([{ command: 'ping', worker: 'w', value: 'pong' }])
  })
})

function circle(): Record<string, unknown> {
  const loop: Record<string, unknown> = {}
  loop['self'] = loop
  return loop
}
