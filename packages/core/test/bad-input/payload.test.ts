import { describe, expect, it } from 'vitest'
import { defineTask } from '../../src/index.ts'
import { memory } from '../../src/memory/index.ts'
import { refusal } from './refusal.ts'
import { trial } from './trial.ts'

const echo = defineTask<unknown, unknown>('echo', { retry: false })
const DEEP = 1_000_000

// What test/task/json-serializer.test.ts refuses (BigInt, Map, cycles …) is not repeated here.
describe('a payload', () => {
  it.each<[string, () => unknown, RegExp]>([
    ['a promise somebody forgot to await', () => Promise.resolve(1), /it is a promise \(await it\)/],
    ['a promise inside', () => ({ user: Promise.resolve(1) }), /"user" is a promise/],
    ['a regular expression', () => ({ pattern: /x/ }), /"pattern" is a RegExp/],
    ['an error', () => [new Error('x')], /is an Error/],
    ['a hole in a list', () => holey(), /undefined in a list/],
    ['a DataView', () => ({ view: new DataView(new ArrayBuffer(2)) }), /"view" is a DataView/],
    [
      'a proxy that refuses everything',
      () =>
        new Proxy(
          {},
          {
            ownKeys: () => {
              throw new Error('no')
            },
          },
        ),
      /cannot be written/,
    ],
    [
      'a toJSON that throws',
      () => ({
        toJSON: () => {
          throw new Error('no')
        },
      }),
      /cannot be written.*no/,
    ],
    ['a toJSON that answers a BigInt', () => ({ toJSON: () => 1n }), /BigInt/],
    ['a list nested a million deep', () => nested('[', ']'), /cannot be written/],
    ['an object nested a million deep', () => nested('{"a":', '}'), /cannot be written/],
  ])('is refused when it is %s, and nothing is sent', async (_, make, culprit) => {
    const { app } = trial()
    const told = await refusal(() => app.enqueue(echo, make()))
    expect(told).toMatch(/^INVALID: The payload cannot be written as JSON/)
    expect(told).toMatch(culprit)
    expect(await app.queues.list()).toEqual([])
  })

  it.each<[string, unknown, unknown]>([
    ['undefined', undefined, undefined],
    ['null', null, null],
    ['false', false, false],
    ['the empty string', '', ''],
    ['the empty list', [], []],
    ['-0', -0, 0],
    ['the largest safe integer', Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
    ['an integer beyond it, as near as JavaScript has it', 2 ** 53 + 2, 2 ** 53 + 2],
    ['a property that is undefined', { a: undefined, b: 1 }, { b: 1 }],
    ['a lone surrogate', '\ud800', '\ud800'],
    ['a lone surrogate as key', { '\udc00': 1 }, { '\udc00': 1 }],
    ['NUL, line ends and a byte order mark', '\ufeffa\u0000\r\n\u2028', '\ufeffa\u0000\r\n\u2028'],
    [
      'twins in other normal forms as keys',
      { 'caf\u00e9': 1, 'cafe\u0301': 2 },
      { 'caf\u00e9': 1, 'cafe\u0301': 2 },
    ],
    ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['an object without prototype', Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
    [
      'keys of every prototype',
      JSON.parse('{"constructor":{"prototype":{"x":1}},"toString":1,"hasOwnProperty":2}'),
      JSON.parse('{"constructor":{"prototype":{"x":1}},"toString":1,"hasOwnProperty":2}'),
    ],
    ['a list nested a thousand deep', nested('[', ']', 1000), nested('[', ']', 1000)],
  ])('of %s arrives and comes back', async (_, input, output) => {
    const { app, running } = trial()
    await running.handle(echo, (value) => value).start()
    expect(await (await app.enqueue(echo, input)).result()).toEqual(output)
  })
})

describe('bytes in the queue', () => {
  it.each<[string, Uint8Array, unknown]>([
    [
      'an integer beyond the safe ones: the nearest number',
      Buffer.from('9007199254740993'),
      9007199254740992,
    ],
    ['a number beyond all: Infinity', Buffer.from('1e309'), Infinity],
    ['the same key twice: the last one', Buffer.from('{"a":1,"a":2}'), { a: 2 }],
    ['no bytes: undefined', new Uint8Array(0), undefined],
    ['one byte', Buffer.from('7'), 7],
    ['blanks around', Buffer.from(' [1] \n'), [1]],
  ])('that are %s', async (_, body, seen) => {
    const { app, running, expectAlive } = trial()
    const got: unknown[] = []
    await running.handle(echo, (value) => void got.push(value)).start()
    await publish(app, 'm', body)
    await app.job('m').result({ timeout: '10s' })
    expect(got).toEqual([seen])
    await expectAlive()
  })

  it('nested a million deep reach every attempt as they were sent, because a retry forwards the bytes', async () => {
    const { app, running, deathOf, expectAlive } = trial()
    const body = Buffer.from('['.repeat(DEEP) + ']'.repeat(DEEP))
    const depths: number[] = []
    const deep = defineTask<unknown, unknown>('deep', { retry: { limit: 1, delay: 1 } })
    await running
      .handle(deep, (value) => {
        depths.push(depthOf(value))
        throw new Error('again')
      })
      .start()
    await publish(app, 'deep', body, 'deep')
    expect(await deathOf('deep')).toContain('failed after 2 attempts')
    expect(depths).toEqual([DEEP, DEEP])
    const { letters } = await app.queues.dead('default')
    expect(Buffer.from(letters[0]!.message.body).equals(body)).toBe(true)
    await expectAlive()
  })

  it('nested a million deep cannot come back as a result, and the task says so', async () => {
    const { app, running, expectAlive } = trial()
    await running.handle(echo, (value) => value).start()
    await publish(app, 'm', Buffer.from('['.repeat(DEEP) + ']'.repeat(DEEP)))
    expect(await refusal(() => app.job('m').result({ timeout: '10s' }))).toMatch(
      /^TASK_FAILED: .*cannot be written/,
    )
    await expectAlive()
  })
})

describe('the size of a message', () => {
  const limit = 2000
  const roomy = (): ReturnType<typeof trial> =>
    trial({ transport: memory({ supports: { maxMessageBytes: limit } }) })

  /** Bytes of body that fill a message to the limit, found by asking. */
  async function largest({ app }: ReturnType<typeof trial>): Promise<number> {
    for (let size = limit; size > 0; size -= 1) {
      const sent = await app.enqueue(echo, 'x'.repeat(size), { queue: 'aside' }).catch(() => undefined)
      if (sent !== undefined) return size
    }
    throw new Error('nothing fits')
  }

  it('may be the limit of the broker, and not one byte more', async () => {
    const parts = roomy()
    const { app, running, expectAlive } = parts
    await running.handle(echo, (text) => (text as string).length).start()
    const size = await largest(parts)
    expect(await (await app.enqueue(echo, 'x'.repeat(size))).result()).toBe(size)
    expect(await (await app.enqueue(echo, 'x'.repeat(size - 1))).result()).toBe(size - 1)
    expect(await refusal(() => app.enqueue(echo, 'x'.repeat(size + 1)))).toMatch(/^TOO_LARGE: .*2000/)
    await expectAlive()
  })

  it('that leaves no room for the mark of a retry ends the task after its first attempt, saying so', async () => {
    const parts = roomy()
    const { app, running, deathOf, expectAlive, errors } = parts
    const flaky = defineTask<string, string>('flak', { retry: { limit: 3, delay: 1 } })
    let runs = 0
    await running
      .handle(flaky, () => {
        runs += 1
        throw new Error('not yet')
      })
      .start()
    const size = await largest(parts)
    const job = await app.enqueue(flaky, 'x'.repeat(size))
    expect(await deathOf(job.id)).toMatch(/not yet.*too large|too large.*not yet/i)
    expect(await refusal(() => job.result({ timeout: '10s' }))).toMatch(/^TASK_FAILED: /)
    expect(runs).toBe(1)
    expect(errors.map(({ code }) => code)).toContain('TOO_LARGE')
    await expectAlive()
  })
})

function nested(open: string, close: string, depth = DEEP): unknown {
  return JSON.parse(`${open.repeat(depth)}${open === '[' ? '' : '1'}${close.repeat(depth)}`) as unknown
}

function depthOf(value: unknown): number {
  let depth = 0
  for (let at = value; Array.isArray(at); at = at[0] as unknown) depth += 1
  return depth
}

async function publish(
  app: ReturnType<typeof trial>['app'],
  id: string,
  body: Uint8Array,
  task = 'echo',
): Promise<void> {
  const message = { id, headers: { 'bananas-task': task }, body, priority: 50, delayMs: 0 }
  expect(await app.broker.publish('default', [message])).toEqual([])
}

function holey(): unknown[] {
  const list: unknown[] = [1]
  list[2] = 3
  return list
}
