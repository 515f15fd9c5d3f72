import assert from 'node:assert/strict'
import { rejectsWith, same, sameBytes } from '../checks.ts'
import { channelClause } from '../clause.ts'
import type { Clause } from '../clause.ts'
import type { Ear } from '../ear.ts'
import { LONG_NAMES, ODD_NAMES } from '../odd-names.ts'
import { ALL_BYTES, bytes } from '../records.ts'
import type { Workbench } from '../workbench.ts'

const MIB = 1024 * 1024
/** Beyond this, a limit is not tried: it would cost more memory than a test should. */
const LARGEST = 64 * MIB
/** Enough to overflow the buffer of any listener that keeps a bound worth the name. */
const FLOOD = 30_000
const FLOOD_BATCH = 500

export const CHANNEL_CLAUSES: readonly Clause[] = [
  channelClause('CHAN-1', 'whatever is broadcast after listen resolved is heard, from any client', {
    async run(bench) {
      const other = (await bench.connect()).channel!
      for (let round = 0; round < 20; round += 1) {
        const topic = bench.name()
        const ear = await bench.listen([topic])
        await (round % 2 === 0 ? other : bench.channel).broadcast(topic, bytes(`round ${round}`))
        await hears(bench, ear, [`round ${round}`])
        same(ear.heard[0]!.topic, topic, 'the topic')
        await ear.close()
      }
    },
  }),
  channelClause('CHAN-2', 'a listener hears each sender in order, everything once', {
    async run(bench) {
      const topic = bench.name()
      const ear = await bench.listen([topic])
      const senders = [bench.channel, (await bench.connect()).channel!]
      const sends = senders.map(async (sender, who) => {
        for (let index = 0; index < 100; index += 1) await sender.broadcast(topic, bytes(`${who} ${index}`))
        await Promise.all(
          Array.from({ length: 100 }, (_, index) => sender.broadcast(topic, bytes(`${who} ${100 + index}`))),
        )
      })
      await Promise.all(sends)
      await bench.until('all is heard', () => ear.heard.length >= 400)
      for (const who of [0, 1]) {
        same(
          ear.texts.filter((text) => text.startsWith(`${who} `)),
          Array.from({ length: 200 }, (_, index) => `${who} ${index}`),
          `what is heard of sender ${who}`,
        )
      }
    },
  }),
  channelClause('CHAN-3', 'nobody hears what was broadcast before they listened', {
    async run(bench) {
      const topic = bench.name()
      await bench.channel.broadcast(topic, bytes('early'))
      const ear = await bench.listen([topic])
      await bench.channel.broadcast(topic, bytes('in time'))
      await hears(bench, ear, ['in time'])
      const late = await bench.listen([topic], { channel: (await bench.connect()).channel! })
      await bench.channel.broadcast(topic, bytes('for both'))
      await hears(bench, late, ['for both'])
      await hears(bench, ear, ['in time', 'for both'])
    },
  }),
  channelClause('CHAN-4', 'topics of any spelling work and match exactly, no pattern among them', {
    async run(bench) {
      const run = bench.name()
      const topics = [...ODD_NAMES, ...LONG_NAMES]
      const ears = await Promise.all(topics.map((topic) => bench.listen([topic])))
      const sender = (await bench.connect()).channel!
      for (const topic of topics) await sender.broadcast(topic, bytes(`${run} ${topic}`))
      for (const [index, ear] of ears.entries()) {
        const what = `the listener of ${JSON.stringify(topics[index])}`
        const ours = (): readonly string[] => ear.texts.filter((text) => text.startsWith(run))
        await bench.until(`${what} hears`, () => ours().length > 0)
      }
      await bench.sleep(bench.quietMs)
      for (const [index, ear] of ears.entries()) {
        const ours = ear.texts.filter((text) => text.startsWith(run))
        same(ours, [`${run} ${topics[index]}`], `what the listener of ${JSON.stringify(topics[index])} heard`)
        same(
          ear.heard.every(({ topic }) => topic === topics[index]),
          true,
          'every message names its topic',
        )
      }
    },
  }),
  channelClause('CHAN-5', 'one listener of several topics hears them all, and nothing else', {
    async run(bench) {
      const [one, two, three] = [bench.name(), bench.name(), bench.name()]
      const ear = await bench.listen([one, two, one])
      for (const topic of [one, three, `${one}-not`, two, three, one])
        await bench.channel.broadcast(topic, bytes(topic))
      await hears(bench, ear, [one, two, one])
      same(
        ear.heard.map(({ topic }) => topic),
        [one, two, one],
        'the topics',
      )
    },
  }),
  channelClause('CHAN-6', 'all listeners of a topic hear it, in one client and in others', {
    async run(bench) {
      const topic = bench.name()
      const ears = [
        await bench.listen([topic]),
        await bench.listen([topic]),
        await bench.listen([topic], { channel: (await bench.connect()).channel! }),
      ]
      await bench.channel.broadcast(topic, bytes('to all'))
      for (const ear of ears) await hears(bench, ear, ['to all'])
    },
  }),
  channelClause('CHAN-7', 'any bytes pass as they are, none at all included', {
    async run(bench) {
      const topic = bench.name()
      const ear = await bench.listen([topic])
      const payloads = [new Uint8Array(0), Uint8Array.of(0), Uint8Array.of(0xff, 0xfe), ALL_BYTES]
      for (const payload of payloads) await bench.channel.broadcast(topic, payload)
      await bench.until('all is heard', () => ear.heard.length >= payloads.length)
      for (const [index, payload] of payloads.entries())
        sameBytes(ear.heard[index]!.payload, payload, `a payload of ${payload.length} bytes`)
    },
  }),
  channelClause('CHAN-8', 'a payload up to maxPayloadBytes passes unchanged', {
    async run(bench) {
      const topic = bench.name()
      const ear = await bench.listen([topic])
      const length = Math.min(MIB, bench.channel.supports.maxPayloadBytes)
      const payload = Uint8Array.from({ length }, (_, index) => (index * 31) % 251)
      await bench.channel.broadcast(topic, payload)
      await bench.until('it is heard', () => ear.heard.length > 0)
      sameBytes(ear.heard[0]!.payload, payload, `a payload of ${length} bytes`)
    },
  }),
  channelClause('CHAN-9', 'a payload above maxPayloadBytes is refused with TOO_LARGE, and nobody hears it', {
    when: ({ maxPayloadBytes }) => maxPayloadBytes <= LARGEST,
    otherwise: {
      sentence: 'a payload limit that cannot be tried is declared as Infinity or a whole number',
      run: async ({ channel: { supports } }) =>
        same(
          supports.maxPayloadBytes === Infinity || Number.isInteger(supports.maxPayloadBytes),
          true,
          'maxPayloadBytes',
        ),
    },
    async run(bench) {
      const topic = bench.name()
      const ear = await bench.listen([topic])
      const payload = new Uint8Array(bench.channel.supports.maxPayloadBytes + 1)
      await rejectsWith(() => bench.channel.broadcast(topic, payload), 'TOO_LARGE', 'a large broadcast')
      await bench.channel.broadcast(topic, bytes('after'))
      await hears(bench, ear, ['after'])
    },
  }),
  channelClause('CHAN-10', 'a payload is copied: its buffer may be reused once broadcast resolves', {
    async run(bench) {
      const topic = bench.name()
      const ear = await bench.listen([topic])
      const slow = await bench.channel.listen([topic])
      const payload = Buffer.from('as it was')
      await bench.channel.broadcast(topic, payload)
      payload.fill(0x30)
      await hears(bench, ear, ['as it was'])
      for await (const message of slow) {
        sameBytes(message.payload, bytes('as it was'), 'the payload at a slow reader')
        break
      }
    },
  }),
  channelClause('CHAN-11', 'a slow reader keeps a bounded number, the newest, and counts what it dropped', {
    async run(bench) {
      const topic = bench.name()
      const slow = await bench.channel.listen([topic])
      const quick = await bench.listen([topic])
      let sent = 0
      for (; slow.dropped === 0 && sent < FLOOD; sent += FLOOD_BATCH) {
        const batch = Array.from({ length: FLOOD_BATCH }, (_, index) => bytes(String(sent + index)))
        await Promise.all(batch.map((payload) => bench.channel.broadcast(topic, payload)))
        await bench.until(
          'the quick reader hears beside the slow one',
          () => quick.heard.length >= sent + FLOOD_BATCH,
        )
      }
      await bench.sleep(bench.quietMs)
      const { dropped } = slow
      assert.ok(dropped > 0, `of ${sent} messages that nobody read none was dropped, or none was counted`)
      const heard: string[] = []
      for await (const { payload } of slow) {
        heard.push(Buffer.from(payload).toString())
        if (heard.at(-1) === String(sent - 1)) break
      }
      same(heard.length, sent - dropped, `messages kept, ${dropped} of ${sent} being dropped`)
      same(heard[0], String(dropped), 'the oldest message that was kept')
    },
  }),
]

/** Exactly these, in this order, have been heard by the time that as many have. */
export async function hears(bench: Workbench, ear: Ear, expected: readonly string[]): Promise<void> {
  await bench.until(`a listener hears ${expected.length} messages`, () => ear.heard.length >= expected.length)
  same(ear.texts, expected, 'what a listener heard')
}
