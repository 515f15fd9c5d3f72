import { fileURLToPath } from 'node:url'
import type { Experiment, OwnWork, Stage, TcpProxy } from '@bananasjs/chaos'
import type { Transport } from '@bananasjs/core/contract'
import { schemeOf } from '../broker/broker-url.ts'
import { loadTransport } from '../broker/load-transport.ts'
import type { BrokerAddress } from '../broker/load-transport.ts'
import { CliError } from '../cli-error.ts'
import { readSettings } from '../session/settings.ts'
import type { GlobalFlags, Settings } from '../session/settings.ts'
import type { PlainContext } from '../session/context.ts'
import type { Chaos } from './load-chaos.ts'
import { ownWork } from './own-work.ts'

export interface StageFlags extends GlobalFlags {
  readonly workers: number
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { redis: 6379, rediss: 6379, amqp: 5672, nats: 4222 }

/**
 * A place for the experiment on the broker of the settings: in this process, or with worker processes when some are to be
 * killed; behind a proxy when links are to be cut.
 */
export async function openStage(
  chaos: Chaos,
  experiment: Experiment,
  { flags, context }: { readonly flags: StageFlags; readonly context: PlainContext },
): Promise<AsyncDisposable & { readonly stage: Stage }> {
  const settings = await readSettings(flags, context)
  const address = addressOf(settings)
  const own = ownWork(settings.config, experiment)
  const link = needs(experiment, /^link\./) ? await openLink(chaos, address) : undefined
  const close = async (): Promise<void> => link?.proxy.close()
  const place = { address, hurt: link?.address ?? address, workers: flags.workers, own, sites: link?.sites }
  try {
    const stage = await stageAt(chaos, experiment, place)
    return {
      stage,
      async [Symbol.asyncDispose]() {
        await stage[Symbol.asyncDispose]()
        await close()
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

interface Place {
  readonly address: BrokerAddress
  /** The same by the way on which faults lie. */
  readonly hurt: BrokerAddress
  readonly workers: number
  readonly own: OwnWork | undefined
  readonly sites: readonly TcpProxy[] | undefined
}

async function stageAt(chaos: Chaos, experiment: Experiment, place: Place): Promise<Stage> {
  if (needs(experiment, /^process\.|^task\.crash$/)) return processStageAt(chaos, place)
  const { hurt, workers, own, sites } = place
  return chaos.localStage({ transport: await transportsAt(hurt), workers, own, sites })
}

function needs({ method }: Experiment, kinds: RegExp): boolean {
  return method.some(({ kind }) => kinds.test(kind))
}

function addressOf({ address, config }: Settings): BrokerAddress {
  if (address !== undefined) return address
  const why = config?.app === undefined ? '' : ': the "app" of the config makes its own'
  throw new CliError(`An experiment opens connections of its own and needs an address${why}. Pass --broker.`)
}

/** The store of `memory:` is this process's own, so all of its clients must share one. */
async function transportsAt(address: BrokerAddress): Promise<() => Promise<Transport>> {
  if (schemeOf(address.url) !== 'memory') return () => loadTransport(address, true)
  const { memory, memoryStore } = await import('@bananasjs/core/memory')
  const store = memoryStore()
  return async () => memory({ store })
}

async function processStageAt(chaos: Chaos, { hurt, address, workers, own, sites }: Place): Promise<Stage> {
  if (own !== undefined)
    throw new CliError(
      'Faults of processes and a task of your own need a program: see processStage in docs/chaos.md.',
    )
  if (schemeOf(address.url) === 'memory')
    throw new CliError(
      'Worker processes cannot share memory: pass another --broker, for example sqlite:./chaos.db.',
    )
  const file = import.meta.url.endsWith('.ts') ? './chaos-worker-main.ts' : './chaos-worker-main.js'
  const argsOf = ({ url, folder }: BrokerAddress): readonly string[] => [url, folder]
  return chaos.processStage({
    worker: { module: fileURLToPath(new URL(file, import.meta.url)), args: argsOf(hurt) },
    controlArgs: argsOf(address),
    transport: () => loadTransport(hurt, true),
    plainTransport: () => loadTransport(address, true),
    workers,
    sites,
  })
}

async function openLink(
  chaos: Chaos,
  address: BrokerAddress,
): Promise<{
  readonly proxy: TcpProxy
  readonly address: BrokerAddress
  readonly sites: readonly TcpProxy[]
}> {
  const url = URL.canParse(address.url) ? new URL(address.url) : undefined
  const scheme = schemeOf(address.url) ?? ''
  const port = Number(url?.port) || DEFAULT_PORTS[scheme]
  if (url === undefined || url.hostname === '' || port === undefined)
    throw new CliError(`Faults of links need a broker with a host and a port; ${scheme}: has none.`)
  const proxy = await chaos.tcpProxy({ upstream: { host: url.hostname, port } })
  url.hostname = '127.0.0.1'
  url.port = String(proxy.port)
  return { proxy, address: { ...address, url: url.href }, sites: [proxy] }
}
