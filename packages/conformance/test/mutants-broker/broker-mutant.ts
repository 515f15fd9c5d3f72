import type { Broker, BrokerSupports, Consumer, Transport } from '@bananasjs/core/contract'
import { memory, memoryStore } from '@bananasjs/core/memory'
import type { MemoryOptions, MemoryTransport } from '@bananasjs/core/memory'
import type { Harness } from '../../src/index.ts'
import type { Mutant } from '../mutants-results/mutant.ts'

/** What is wrong. Each part is asked once per broker or consumer, and changes some of its methods. */
export interface BrokerChange {
  readonly broker?: (base: Broker, transport: MemoryTransport) => Partial<Broker>
  readonly consumer?: (base: Consumer, queue: string) => Partial<Consumer>
}

export interface BrokerMutantOptions {
  /** What the adapter can really do. */
  readonly can?: NonNullable<MemoryOptions['supports']>
  /** What it says of itself instead. */
  readonly says?: Partial<Omit<BrokerSupports, 'lease'>> & {
    readonly lease?: Partial<BrokerSupports['lease']>
  }
  /** Given where connections can be cut; runs before the cut. */
  readonly crash?: (transport: Transport) => void | Promise<void>
}

/** The in-memory transport, with something wrong in its broker. `make` runs once per store. */
export function brokerMutant(
  name: string,
  kills: readonly string[],
  make: () => BrokerChange,
  options: BrokerMutantOptions = {},
): Mutant {
  return {
    name: `as a broker ${name}`,
    kills,
    harness() {
      const store = memoryStore()
      const change = make()
      const inner = new WeakMap<object, MemoryTransport>()
      const create = (): Transport => {
        const base = memory({ store, ...(options.can && { supports: options.can }) })
        const transport = { ...base, broker: brokerWith(base, change, options) }
        inner.set(transport, base)
        return transport
      }
      if (options.crash === undefined) return { create }
      const crash: Harness['crash'] = async (transport) => {
        await options.crash!(transport)
        inner.get(transport)!.cut()
      }
      return { create, crash }
    },
  }
}

/** Says something of itself that is not so. */
export function boaster(
  name: string,
  kills: readonly string[],
  options: Pick<BrokerMutantOptions, 'can' | 'says'>,
): Mutant {
  return brokerMutant(name, kills, () => ({}), options)
}

function brokerWith(transport: MemoryTransport, change: BrokerChange, { says }: BrokerMutantOptions): Broker {
  const base = transport.broker
  const changed = change.broker?.(base, transport) ?? {}
  const wrap = (consumer: Consumer, queue: string): Consumer =>
    change.consumer === undefined ? consumer : consumerWith(consumer, change.consumer(consumer, queue))
  const consume = changed.consume ?? ((queue, options) => base.consume(queue, options))
  const lease = Object.freeze({ ...base.supports.lease, ...says?.lease })
  const broker: Broker = {
    name: base.name,
    supports: Object.freeze({ ...base.supports, ...says, lease }),
    open: (options) => base.open(options),
    close: () => base.close(),
    consume: async (queue, options) => wrap(await consume(queue, options), queue),
    publish: (queue, messages, options) => base.publish(queue, messages, options),
    ...(base.inspect && { inspect: (queue, options) => base.inspect!(queue, options) }),
    ...(base.queues && { queues: (options) => base.queues!(options) }),
    ...(base.peek && { peek: (queue, limit, options) => base.peek!(queue, limit, options) }),
    ...(base.purge && { purge: (queue, options) => base.purge!(queue, options) }),
    ...(base.deadLetters && { deadLetters: base.deadLetters }),
    [Symbol.asyncDispose]: () => (changed.close ?? (() => base.close()))(),
  }
  // Not spread: a getter is to stay one.
  const { consume: _, ...others } = Object.getOwnPropertyDescriptors(changed)
  return Object.defineProperties(broker, others)
}

export function consumerWith(base: Consumer, change: Partial<Consumer>): Consumer {
  return {
    receive: (max, options) => base.receive(max, options),
    settle: (settlements) => base.settle(settlements),
    extend: (receipts, leaseMs) => base.extend(receipts, leaseMs),
    close: () => base.close(),
    [Symbol.asyncDispose]: () => (change.close ?? (() => base.close()))(),
    ...change,
  }
}
