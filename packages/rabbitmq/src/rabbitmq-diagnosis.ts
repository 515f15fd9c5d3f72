import type { Diagnosis } from '@bananasjs/core/contract'
import type { RabbitmqClient } from './rabbitmq-client.ts'

/** What can be told of a server by AMQP alone. */
export function diagnose({ server, settings, publishing, where }: RabbitmqClient): readonly Diagnosis[] {
  const { release = 'unknown', product = 'unknown', cluster = 'unknown' } = server ?? {}
  return [
    { check: 'server version', level: 'ok', found: `${product} ${release}, cluster ${cluster}` },
    settings.queueType === 'quorum'
      ? {
          check: 'power loss',
          level: 'ok',
          found: 'quorum queues: a message is on disk before it is accepted, on a majority of its nodes',
        }
      : {
          check: 'power loss',
          level: 'warning',
          found: 'classic queues: on one node, and not flushed before a message is accepted',
          fix: 'Leave queueType out: quorum queues are the default.',
        },
    publishing.blocked === undefined
      ? { check: 'alarms', level: 'ok', found: 'none: the server takes messages' }
      : {
          check: 'alarms',
          level: 'error',
          found: `publishers are blocked: ${publishing.blocked}`,
          fix: 'Give the server memory or disk, or let workers drain the queues.',
        },
    transport(settings.connection.url, where),
    {
      check: 'longest task',
      level: 'ok',
      found: 'consumer_timeout of the server, 30 minutes unless it was raised; it cannot be asked',
    },
  ]
}

function transport(url: string | readonly string[] | undefined, where: string): Diagnosis {
  const urls = typeof url === 'string' ? [url] : (url ?? [])
  const open = urls.filter((one) => one.startsWith('amqp:') && !/@?(127\.|localhost|\[::1\])/.test(one))
  if (open.length === 0) return { check: 'encryption', level: 'ok', found: `${where}: TLS, or this machine` }
  return {
    check: 'encryption',
    level: 'warning',
    found: `${where}: messages and password travel in the clear`,
    fix: 'Use amqps:// where the network is not your own.',
  }
}
