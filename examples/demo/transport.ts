import type { ResultBackend, Transport } from '@bananasjs/core/contract'
import { sqlite } from '@bananasjs/sqlite'

type Load = (url: string) => Promise<Transport>

/** An emulator takes any; AWS takes those of the environment. */
const EMULATOR = { accessKeyId: 'any', secretAccessKey: 'any' }

/** Loads only the adapter that is named. */
const ADAPTERS: Readonly<Record<string, Load>> = {
  sqlite: async (url) => sqlite(url.slice('sqlite:'.length)),
  sqs: async (url) => (await import('@bananasjs/sqs')).sqs(url),
  'sqs+http': async (url) => (await import('@bananasjs/sqs')).sqs(url, { credentials: EMULATOR }),
  'sqs+https': async (url) => (await import('@bananasjs/sqs')).sqs(url),
  // A server that was started a moment ago takes its time.
  amqp: async (url) => (await import('@bananasjs/rabbitmq')).rabbitmq(url, { recoveryMs: 60_000 }),
  nats: async (url) => (await import('@bananasjs/nats')).nats(url),
  redis: async (url) => (await import('@bananasjs/redis')).redis(url),
}

export interface DemoTransport extends Transport {
  readonly results: ResultBackend
}

/** A transport with results and a channel: what a broker does not keep itself goes into an SQLite file beside it. */
export async function openTransport(url: string, file: string): Promise<DemoTransport> {
  const { results, channel, ...rest } = await ADAPTERS[url.slice(0, url.indexOf(':'))]!(url)
  if (results !== undefined && channel !== undefined) return { ...rest, results, channel }
  const beside = sqlite(file)
  return { ...rest, results: results ?? beside.results, channel: channel ?? beside.channel }
}
