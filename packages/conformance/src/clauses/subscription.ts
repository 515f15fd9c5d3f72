import assert from 'node:assert/strict'
import type { Channel } from '@bananasjs/core/contract'
import { noFailures, rejectsWith, rejectsWithReason, same } from '../checks.ts'
import { channelClause } from '../clause.ts'
import type { Clause } from '../clause.ts'
import { bytes } from '../records.ts'
import type { Workbench } from '../workbench.ts'
import { hears } from './channel.ts'

/** How listening ends: by leaving the loop, by abort, by close. */
export const SUBSCRIPTION_CLAUSES: readonly Clause[] = [
  channelClause('SUB-1', 'the channel is named by its product, and declares the payload it takes', {
    async run({ channel: { name, supports } }) {
      assert.match(name, /^[a-z][a-z0-9-]*$/)
      assert.ok(
        supports.maxPayloadBytes >= 4096,
        `maxPayloadBytes is ${supports.maxPayloadBytes}, a channel takes 4096 at least`,
      )
    },
  }),
  channelClause('SUB-2', 'leaving the loop ends the subscription, and takes no other listener along', {
    async run(bench) {
      const topic = bench.name()
      const leaving = await bench.channel.listen([topic])
      const staying = await bench.listen([topic])
      await bench.channel.broadcast(topic, bytes('first'))
      const heard: string[] = []
      for await (const { payload } of leaving) {
        heard.push(Buffer.from(payload).toString())
        break
      }
      same(heard, ['first'], 'what is heard before leaving')
      await bench.channel.broadcast(topic, bytes('second'))
      await hears(bench, staying, ['first', 'second'])
      for await (const { payload } of leaving)
        assert.fail(`a listener that left heard "${Buffer.from(payload).toString()}"`)
    },
  }),
  channelClause(
    'SUB-3',
    'leaving an await using scope ends a waiting iteration, and nothing is heard afterwards',
    {
      async run(bench) {
        const topic = bench.name()
        const ear = await bench.listen([topic])
        const other = await bench.listen([topic])
        await bench.channel.broadcast(topic, bytes('before'))
        await hears(bench, ear, ['before'])
        await bench.within('leaving', ear.close())
        await bench.within('the iteration', ear.ended)
        await bench.within('leaving again', ear.close())
        await bench.channel.broadcast(topic, bytes('after'))
        await hears(bench, other, ['before', 'after'])
        same(ear.texts, ['before'], 'what the listener that left heard')
      },
    },
  ),
  channelClause('SUB-4', 'a signal that is aborted already rejects with its own reason', {
    async run(bench) {
      const reason = { why: 'changed my mind' }
      const signal = AbortSignal.abort(reason)
      await rejectsWithReason(() => bench.channel.listen([bench.name()], { signal }), reason, 'listen')
      const { channel } = await bench.fresh()
      await rejectsWithReason(() => channel!.open({ signal }), reason, 'open')
    },
  }),
  channelClause('SUB-5', 'an abort ends the iteration without an error, and takes no other listener along', {
    async run(bench) {
      const topic = bench.name()
      const controller = new AbortController()
      const ear = await bench.listen([topic], { signal: controller.signal })
      const staying = await bench.listen([topic])
      await bench.channel.broadcast(topic, bytes('before'))
      await hears(bench, ear, ['before'])
      controller.abort(new Error('enough'))
      await bench.within('an aborted iteration', ear.ended)
      await bench.channel.broadcast(topic, bytes('after'))
      await hears(bench, staying, ['before', 'after'])
      same(ear.texts, ['before'], 'what the listener that was aborted heard')
    },
  }),
  channelClause('SUB-6', 'a listener that comes while the last one leaves hears all the same', {
    async run(bench) {
      const topic = bench.name()
      let leaving = await bench.listen([topic])
      for (let round = 0; round < 20; round += 1) {
        const [ear] = await Promise.all([bench.listen([topic]), leaving.close()])
        await bench.channel.broadcast(topic, bytes(`round ${round}`))
        await hears(bench, ear, [`round ${round}`])
        leaving = ear
      }
    },
  }),
  channelClause('SUB-7', 'open and close may be called twice, and at the same time', {
    async run(bench) {
      const channel = (await bench.fresh()).channel!
      await bench.within('opening twice at once', Promise.all([channel.open(), channel.open()]))
      await bench.within('opening again', channel.open())
      await channel.broadcast(bench.name(), bytes('hello'))
      await bench.within('closing twice at once', Promise.all([channel.close(), channel.close()]))
      await bench.within('closing again', channel.close())
    },
  }),
  channelClause('SUB-8', 'every method of a closed channel rejects with CLOSED', {
    async run(bench) {
      const channel = (await bench.connect()).channel!
      await channel[Symbol.asyncDispose]()
      for (const [name, call] of callsOf(channel, bench))
        await rejectsWith(() => bench.within(name, call()), 'CLOSED', name)
    },
  }),
  channelClause('SUB-9', 'closing a channel ends its iterations, and leaves other clients alone', {
    async run(bench) {
      const topic = bench.name()
      const channel = (await bench.connect()).channel!
      const closing = await bench.listen([topic], { channel })
      const staying = await bench.listen([topic])
      await channel.broadcast(topic, bytes('before'))
      await hears(bench, closing, ['before'])
      await bench.within('close', channel.close())
      await bench.within('the iteration', closing.ended)
      await bench.channel.broadcast(topic, bytes('after'))
      await hears(bench, staying, ['before', 'after'])
    },
  }),
  channelClause('SUB-10', 'closing the channel leaves the other parts of its transport usable', {
    async run(bench) {
      const { broker, results, channel } = await bench.connect()
      await channel!.close()
      noFailures(await broker.publish(bench.name(), [bench.message()]), 'publish')
      if (results !== undefined) same(await results.swap(bench.name(), null, null, 0), null, 'an absent key')
    },
  }),
]

function* callsOf(channel: Channel, bench: Workbench): Generator<readonly [string, () => Promise<unknown>]> {
  const topic = bench.name()
  yield ['open', () => channel.open()]
  yield ['broadcast', () => channel.broadcast(topic, bytes('hello'))]
  yield ['listen', () => channel.listen([topic])]
}
