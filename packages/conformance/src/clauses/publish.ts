import { failsWith, noFailures, same, sameBytes, sameHeaders } from '../checks.ts'
import { brokerClause } from '../clause.ts'
import type { Clause } from '../clause.ts'

const ODD_HEADERS = Object.fromEntries([
  ['plain', 'value'],
  ['UPPER-and-lower', 'Kept As Is'],
  ['empty', ''],
  ['unicode-ä-🍌', '日本語 🍌 cafe\u0301 caf\u00e9'],
  ['newlines', 'a\r\nb\nc\td'],
  ['quotes', `"'\\\``],
  ['with space: and colon', ' leading and trailing '],
  ['__proto__', 'own'],
  ['constructor', 'own'],
  ['bananas-task', 'a.task'],
  ['content-type', 'application/json'],
  ['id', 'not the id'],
  ['body', 'not the body'],
  ['priority', '7'],
  ['long', 'x'.repeat(2000)],
  ['nul', 'a\u0000b'],
])

export const PUBLISH_CLAUSES: readonly Clause[] = [
  brokerClause('PUB-1', 'a message comes out as it went in, with no delay left', {
    async run(bench) {
      const queue = bench.name()
      const [sent] = await bench.publish(queue, [
        { priority: 73, headers: { one: '1', two: 'zwei' }, group: 'group a' },
      ])
      const { message, deliveries, receipt } = await bench.one(await bench.consumer(queue))
      same(message.id, sent!.id, 'the id')
      sameBytes(message.body, sent!.body, 'the body')
      sameHeaders(message.headers, sent!.headers, 'the headers')
      same(message.delayMs, 0, 'delayMs of a message that comes out')
      const level = (priority: number): number => Math.floor((priority * bench.supports.priorityLevels) / 101)
      same(level(message.priority), level(73), 'the level of the priority')
      if (bench.supports.ordered !== 'none') same(message.group, 'group a', 'the group')
      same(deliveries, 1, 'deliveries at the first hand-over')
      same(typeof receipt, 'string', 'type of the receipt')
    },
  }),
  brokerClause('PUB-2', 'an empty batch does nothing', {
    async run(bench) {
      const queue = bench.name()
      noFailures(await bench.broker.publish(queue, []), 'an empty publish')
      await bench.nothing(await bench.consumer(queue), 'messages after an empty publish')
    },
  }),
  brokerClause('PUB-3', 'each message of a batch comes out once, with its own body', {
    async run(bench) {
      const queue = bench.name()
      const sent = await bench.publish(queue, 100)
      const consumer = await bench.consumer(queue)
      const got = await bench.take(consumer, 100)
      same(got.map(({ message }) => message.id).toSorted(), sent.map(({ id }) => id).toSorted(), 'ids')
      for (const { message } of got) sameBytes(message.body, Buffer.from(`body of ${message.id}`), 'the body')
      await bench.nothing(consumer, 'messages beyond those published')
    },
  }),
  brokerClause('PUB-4', 'an empty body stays an empty body', {
    async run(bench) {
      const queue = bench.name()
      await bench.publish(queue, [{ body: new Uint8Array(0) }])
      const { message } = await bench.one(await bench.consumer(queue))
      sameBytes(message.body, new Uint8Array(0), 'the body')
    },
  }),
  brokerClause('PUB-5', 'a body keeps all 256 byte values, and nothing beside the view that was given', {
    async run(bench) {
      const queue = bench.name()
      const all = Uint8Array.from({ length: 768 }, (_, index) => index % 256)
      await bench.publish(queue, [
        { body: all.subarray(256, 512) },
        { body: Uint8Array.of(0xff, 0xfe, 0x00, 0xc3, 0x28, 0x80) },
      ])
      const got = await bench.take(await bench.consumer(queue), 2)
      const [short, long] = got.map(({ message }) => message.body).toSorted((a, b) => a.length - b.length)
      sameBytes(long, all.slice(256, 512), 'the body')
      sameBytes(short, Uint8Array.of(0xff, 0xfe, 0x00, 0xc3, 0x28, 0x80), 'a body that is no UTF-8')
    },
  }),
  brokerClause('PUB-6', 'headers come out verbatim, whatever their names and values', {
    async run(bench) {
      const queue = bench.name()
      await bench.publish(queue, [
        { id: `${queue}-odd`, headers: ODD_HEADERS },
        { id: `${queue}-none`, headers: {} },
      ])
      for (const { message } of await bench.take(await bench.consumer(queue), 2)) {
        sameHeaders(message.headers, message.id.endsWith('odd') ? ODD_HEADERS : {}, 'the headers')
      }
    },
  }),
  brokerClause('PUB-7', 'ids come out verbatim, whatever their characters', {
    async run(bench) {
      const queue = bench.name()
      const odd = [
        'sp ace',
        'a/b',
        'a:b',
        'a.*.>',
        '{id}',
        `"'\\`,
        '🍌',
        'e\u0301',
        '\u00e9',
        '%20',
        '..',
        'x'.repeat(150),
        ':0',
        '-',
        'a,b|c',
      ]
      const sent = await bench.publish(
        queue,
        odd.map((id) => ({ id: queue + id })),
      )
      const got = await bench.take(await bench.consumer(queue), sent.length)
      same(got.map(({ message }) => message.id).toSorted(), sent.map(({ id }) => id).toSorted(), 'ids')
      for (const { message } of got)
        sameBytes(message.body, Buffer.from(`body of ${message.id}`), `the body of ${message.id}`)
    },
  }),
  brokerClause('PUB-8', 'one bad message fails alone, with INVALID', {
    async run(bench) {
      const queue = bench.name()
      const bad = [
        { priority: 101 },
        { priority: 0.5 },
        { priority: -1 },
        { priority: Number.NaN },
        { delayMs: -1 },
        { delayMs: Number.NaN },
        { delayMs: Infinity },
      ]
      for (const one of bad) {
        const messages = [bench.message(), { ...bench.message(), ...one }, bench.message()]
        failsWith(
          await bench.publishAll(queue, messages),
          { 1: 'INVALID' },
          `a publish with ${JSON.stringify(one)}`,
        )
      }
      failsWith(
        await bench.broker.publish(queue, [{ ...bench.message(), id: '' }]),
        { 0: 'INVALID' },
        'a publish with an empty id',
      )
      const consumer = await bench.consumer(queue)
      await bench.take(consumer, 2 * bad.length)
      await bench.nothing(consumer, 'the bad messages')
    },
  }),
  brokerClause('PUB-9', 'once publish resolved, the caller may use its arrays again', {
    async run(bench) {
      const queue = bench.name()
      const body = Buffer.from('original')
      const headers: Record<string, string> = { kept: 'yes' }
      const messages = [{ ...bench.message(), body, headers }]
      noFailures(await bench.publishAll(queue, messages), 'publish')
      body.fill('x')
      headers['kept'] = 'no'
      messages.length = 0
      const { message } = await bench.one(await bench.consumer(queue))
      sameBytes(message.body, Buffer.from('original'), 'the body')
      sameHeaders(message.headers, { kept: 'yes' }, 'the headers')
    },
  }),
  brokerClause('PUB-10', 'publishers at the same time lose nothing', {
    async run(bench) {
      const queue = bench.name()
      const other = await bench.connect()
      const rounds = Array.from({ length: 20 }, (_, index) =>
        bench.publish(queue, 10, index % 2 === 0 ? bench.broker : other.broker),
      )
      const sent = (await Promise.all(rounds)).flat()
      const got = await bench.take(await bench.consumer(queue), sent.length)
      same(got.map(({ message }) => message.id).toSorted(), sent.map(({ id }) => id).toSorted(), 'ids')
    },
  }),
  brokerClause('PUB-11', 'what one client published, a client that comes later receives', {
    async run(bench) {
      const queue = bench.name()
      const first = await bench.connect()
      const [sent] = await bench.publish(queue, 1, first.broker)
      await first.broker.close()
      const second = await bench.connect()
      const { message } = await bench.one(await bench.consumer(queue, { broker: second.broker }))
      same(message.id, sent!.id, 'the id')
    },
  }),
]
