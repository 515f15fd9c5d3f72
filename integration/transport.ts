import type { Transport } from '@bananasjs/core/contract'

type Load = (url: string) => Promise<Transport>

/** Loads only what is named. */
const SCHEMES: Readonly<Record<string, Load>> = {
  sqlite: async (url) => (await import('@bananasjs/sqlite')).sqlite(url.slice('sqlite:'.length)),
  amqp: async (url) => (await import('@bananasjs/rabbitmq')).rabbitmq(url),
  'amqp-cluster': async (url) => {
    const nodes = url.slice('amqp-cluster:'.length).split(',')
    return (await import('@bananasjs/rabbitmq')).rabbitmq({
      url: nodes.map((port) => `amqp://guest:guest@127.0.0.1:${port}`),
    })
  },
  nats: async (url) => (await import('@bananasjs/nats')).nats(url),
  'nats-cluster': async (url) => {
    const nodes = url.slice('nats-cluster:'.length).split(',')
    return (await import('@bananasjs/nats')).nats({
      url: nodes.map((port) => `nats://127.0.0.1:${port}`),
      replicas: 3,
    })
  },
  redis: async (url) => (await import('@bananasjs/redis')).redis(url),
  'sqs+http': async (url) => {
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
    return (await import('@bananasjs/sqs')).sqs(url, { credentials })
  },
  'redis-cluster': async (url) => {
    const nodes = url.slice('redis-cluster:'.length).split(',')
    return (await import('@bananasjs/redis')).redis({
      cluster: nodes.map((node) => ({ host: '127.0.0.1', port: Number(node) })),
    })
  },
}

/**
 * A transport as text, so that it can be handed to a child process: `redis://…`, `sqlite:FILE`, or two of them with a
 * space between, the broker first and then who keeps the results: `amqp://… sqlite:FILE`.
 */
export async function transportFor(text: string): Promise<Transport> {
  const [broker = '', results] = text.split(' ')
  const main = await one(broker)
  if (results === undefined) return main
  const store = await one(results)
  return { broker: main.broker, results: store.results, channel: main.channel ?? store.channel }
}

function one(url: string): Promise<Transport> {
  const scheme = url.slice(0, url.indexOf(':'))
  const load = SCHEMES[scheme]
  if (load === undefined) throw new Error(`No transport for "${url}".`)
  return load(url)
}
