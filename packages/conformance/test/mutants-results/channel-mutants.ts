import { Mailbox, QueueError } from '@bananasjs/core/contract'
import type { ChannelMessage, Subscription } from '@bananasjs/core/contract'
import { memory } from '@bananasjs/core/memory'
import { asText, channelMutant, channelWith, mutant, pause } from './mutant.ts'
import type { Mutant } from './mutant.ts'

export const CHANNEL_MUTANTS: readonly Mutant[] = [
  channelMutant('listens a moment after it said so', ['CHAN-1'], () => (base) => ({
    async listen(topics) {
      const mailbox = new Mailbox(() => undefined)
      void pause(20).then(async () => forward(await base.listen(topics), (message) => mailbox.push(message)))
      return mailbox
    },
  })),
  channelMutant('overtakes itself', ['CHAN-2'], () => {
    let sent = 0
    return (base) => ({
      async broadcast(topic, payload) {
        sent += 1
        if (sent % 7 === 0) void pause(15).then(() => base.broadcast(topic, payload))
        else await base.broadcast(topic, payload)
      },
    })
  }),
  channelMutant('says everything twice', ['CHAN-2', 'CHAN-5'], () => (base) => ({
    async broadcast(topic, payload) {
      await base.broadcast(topic, payload)
      await base.broadcast(topic, payload)
    },
  })),
  channelMutant('repeats the last message to whoever comes', ['CHAN-3'], () => {
    const last = new Map<string, Uint8Array>()
    return (base) => ({
      broadcast(topic, payload) {
        last.set(topic, payload)
        return base.broadcast(topic, payload)
      },
      async listen(topics, options) {
        const subscription = await base.listen(topics, options)
        for (const topic of topics) if (last.has(topic)) await base.broadcast(topic, last.get(topic)!)
        return subscription
      },
    })
  }),
  channelMutant('knows no capitals', ['CHAN-4'], () => (base) => ({
    broadcast: (topic, payload) => base.broadcast(topic.toLowerCase(), payload),
    listen: (topics, options) =>
      base.listen(
        topics.map((one) => one.toLowerCase()),
        options,
      ),
  })),
  channelMutant('takes a topic for a pattern', ['CHAN-4'], () => {
    const asked = new Set<string>()
    return (base) => ({
      async broadcast(topic, payload) {
        for (const one of asked)
          if (one.endsWith('*') && one !== topic && topic.startsWith(one.slice(0, -1)))
            await base.broadcast(one, payload)
        await base.broadcast(topic, payload)
      },
      listen(topics, options) {
        for (const topic of topics) asked.add(topic)
        return base.listen(topics, options)
      },
    })
  }),
  channelMutant('forgets which topic it was', ['CHAN-5'], () => (base) => ({
    listen: async (topics, options) =>
      mapped(await base.listen(topics, options), (one) => ({ ...one, topic: topics[0]! })),
  })),
  channelMutant('has one listener at a time', ['CHAN-6', 'SUB-2', 'SUB-5'], () => (base) => {
    const listening = new Map<string, Subscription>()
    return {
      async listen(topics, options) {
        for (const topic of topics) await listening.get(topic)?.[Symbol.asyncDispose]()
        const subscription = await base.listen(topics, options)
        for (const topic of topics) listening.set(topic, subscription)
        return subscription
      },
    }
  }),
  channelMutant('carries text', ['CHAN-7', 'CHAN-8'], () => (base) => ({
    broadcast: (topic, payload) => base.broadcast(topic, asText(payload)),
  })),
  channelMutant('cuts payloads at 64 KiB', ['CHAN-8'], () => (base) => ({
    broadcast: (topic, payload) => base.broadcast(topic, payload.subarray(0, 65_536)),
  })),
  channelMutant('takes more than it declares', ['CHAN-9'], () => (base) => ({
    supports: Object.freeze({ maxPayloadBytes: 65_536 }),
    broadcast: (topic, payload) => base.broadcast(topic, payload),
  })),
  channelMutant('declares a limit that is no number of bytes', ['CHAN-9'], () => () => ({
    supports: Object.freeze({ maxPayloadBytes: 1e9 + 0.5 }),
  })),
  plainMutant('keeps the buffers of its callers', ['CHAN-10'], (onClose) => new Mailbox(onClose)),
  plainMutant('keeps everything nobody read', ['CHAN-11'], (onClose) => new Mailbox(onClose, Infinity)),
  plainMutant('drops the newest', ['CHAN-11'], (onClose) => new Stubborn(onClose)),
  plainMutant('does not count what it drops', ['CHAN-11'], (onClose) => new Silent(onClose)),
  channelMutant('has no proper name', ['SUB-1'], () => () => ({ name: 'My Channel' })),
  leavingMutant('takes all listeners of its topic along', ['SUB-2', 'SUB-3', 'SUB-5'], (left, others) => {
    for (const other of others) if (other !== left) void other[Symbol.asyncDispose]()
  }),
  channelMutant('leaves a reader hanging', ['SUB-3', 'SUB-5', 'SUB-9'], () => (base) => ({
    listen: async (topics) => hanging(await base.listen(topics)),
  })),
  channelMutant('asks no signal', ['SUB-4', 'SUB-5'], () => (base) => ({
    open: () => base.open(),
    listen: (topics) => base.listen(topics),
  })),
  channelMutant('throws at an aborted reader', ['SUB-5'], () => (base) => ({
    listen: async (topics, options) => {
      const subscription = await base.listen(topics, options)
      return {
        dropped: 0,
        [Symbol.asyncDispose]: () => subscription[Symbol.asyncDispose](),
        async *[Symbol.asyncIterator]() {
          yield* subscription
          options?.signal?.throwIfAborted()
        },
      }
    },
  })),
  channelMutant('unsubscribes the one that just came', ['SUB-6'], () => (base) => {
    const open = new Set<Subscription>()
    return {
      async listen(topics, options) {
        await pause(1)
        const subscription = await base.listen(topics, options)
        open.add(subscription)
        return disposing(subscription, async () => {
          open.delete(subscription)
          await subscription[Symbol.asyncDispose]()
          if (open.size > 0) return
          await pause(3) // the server is told that nobody is left
          for (const one of open) await one[Symbol.asyncDispose]()
        })
      },
    }
  }),
  channelMutant('closes once', ['SUB-7'], () => (base) => {
    let closed = false
    return {
      close() {
        if (closed) return Promise.reject(new QueueError('CLOSED', 'closed already'))
        closed = true
        return base.close()
      },
    }
  }),
  channelMutant('works on after close', ['SUB-8', 'SUB-9'], () => () => ({ close: () => Promise.resolve() })),
  channelMutant('closes the broker with its channel', ['SUB-10'], () => (base, { broker }) => ({
    close: async () => {
      await Promise.all([base.close(), broker.close()])
    },
  })),
  mutant('has a channel on all clients but the first', ['CHAN-1', 'CHAN-2', 'SUB-1', 'SUB-2'], () => {
    let clients = 0
    return ({ broker, ...rest }) => (clients++ === 0 ? { broker } : { ...rest, broker })
  }),
  deafMutant(),
]

/** A channel of its own making, on one set of mailboxes for all clients, that copies nothing. */
function plainMutant(name: string, kills: readonly string[], make: (onClose: () => void) => Mailbox): Mutant {
  return channelMutant(name, kills, () => {
    const listening = new Map<Mailbox, readonly string[]>()
    return () => ({
      async broadcast(topic, payload) {
        for (const [mailbox, topics] of listening)
          if (topics.includes(topic)) mailbox.push({ topic, payload })
      },
      async listen(topics) {
        const mailbox: Mailbox = make(() => void listening.delete(mailbox))
        listening.set(mailbox, topics)
        return mailbox
      },
    })
  })
}

class Stubborn extends Mailbox {
  #kept = 0
  #refused = 0
  override get dropped(): number {
    return this.#refused
  }
  override push(message: ChannelMessage): void {
    if (this.#kept >= 1000) this.#refused += 1
    else super.push(message)
    this.#kept += 1
  }
}

class Silent extends Mailbox {
  override get dropped(): number {
    return 0
  }
}

function leavingMutant(
  name: string,
  kills: readonly string[],
  onLeave: (left: Subscription, all: ReadonlySet<Subscription>) => void,
): Mutant {
  return channelMutant(name, kills, () => (base) => {
    const all = new Set<Subscription>()
    return {
      async listen(topics, options) {
        const subscription = await base.listen(topics, options)
        all.add(subscription)
        const leave = async (): Promise<void> => {
          await subscription[Symbol.asyncDispose]()
          onLeave(subscription, all)
        }
        options?.signal?.addEventListener('abort', () => void leave())
        return disposing(subscription, leave)
      },
    }
  })
}

function deafMutant(): Mutant {
  return {
    name: 'never hears again after a cut',
    kills: ['CRASH-6'],
    harness() {
      const base = memory()
      const cuts = new Map<unknown, () => void>()
      return {
        create() {
          let cut = false
          const transport = {
            broker: base.broker,
            channel: channelWith(base.channel!, {
              listen: async (topics, options) => {
                const mailbox = new Mailbox(() => undefined)
                void forward(await base.channel!.listen(topics, options), (one) => {
                  if (!cut) mailbox.push(one)
                })
                return mailbox
              },
              close: () => Promise.resolve(),
            }),
          }
          cuts.set(transport, () => (cut = true))
          return transport
        },
        crash: (transport) => cuts.get(transport)?.(),
      }
    },
  }
}

async function forward(from: Subscription, push: (message: ChannelMessage) => void): Promise<void> {
  for await (const message of from) push(message)
}

function disposing(base: Subscription, dispose: () => Promise<void>): Subscription {
  return {
    get dropped() {
      return base.dropped
    },
    async *[Symbol.asyncIterator]() {
      try {
        yield* base
      } finally {
        await dispose()
      }
    },
    [Symbol.asyncDispose]: dispose,
  }
}

function mapped(base: Subscription, map: (message: ChannelMessage) => ChannelMessage): Subscription {
  return {
    ...disposing(base, async () => base[Symbol.asyncDispose]()),
    async *[Symbol.asyncIterator]() {
      for await (const message of base) yield map(message)
    },
  }
}

/** The iteration never ends of itself. */
function hanging(base: Subscription): Subscription {
  return {
    dropped: 0,
    [Symbol.asyncDispose]: async () => base[Symbol.asyncDispose](),
    async *[Symbol.asyncIterator]() {
      yield* base
      await pause(60_000)
    },
  }
}
