import type { Diagnosis } from '@bananasjs/core/contract'
import type { StreamInfo } from './nats-api.ts'
import { atLeast, versionOf } from './nats-client.ts'
import type { NatsClient } from './nats-client.ts'
import { describeServer } from './nats-connect.ts'
import { urlsOf } from './nats-options.ts'

/** Fewer keep working when one is lost only where these are there. */
const QUORUM = 3
const FULL = 0.8

/** What the server's settings really give, as far as a client can ask. The client is open. */
export async function diagnose(client: NatsClient): Promise<readonly Diagnosis[]> {
  const { api, names, link, settings } = client
  const infos = await Promise.all(
    [names.queues, names.delayed, names.dead, names.results].map((name) =>
      api.request<StreamInfo>(`STREAM.INFO.${name}`),
    ),
  )
  const version = link.connection?.info?.version ?? 'unknown'
  return [
    { check: 'server version', level: 'ok', found: `NATS ${version}` },
    forgetting(client),
    ...infos.map(replication),
    powerLoss(infos),
    ...infos.map(room),
    encryption(settings.connection.url === undefined ? [] : urlsOf(settings.connection), client.where),
  ]
}

function forgetting({ link }: NatsClient): Diagnosis {
  const check = 'expiry of results'
  if (atLeast(versionOf(link.connection), [2, 11])) return { check, level: 'ok', found: 'by the server' }
  return { check, level: 'ok', found: 'by our own sweeps: each write looks at two old records' }
}

function replication({ config, cluster }: StreamInfo): Diagnosis {
  const check = `stream ${config.name}`
  const found = `${config.storage} storage on ${config.num_replicas} server${config.num_replicas === 1 ? '' : 's'}`
  const lagging = (cluster?.replicas ?? []).filter(({ current }) => !current).length
  if (lagging > 0)
    return {
      check,
      level: 'error',
      found: `${found}, ${lagging} of them behind or away`,
      fix: 'Bring them back: the loss of another one stops the stream.',
    }
  if (config.num_replicas >= QUORUM) return { check, level: 'ok', found }
  return {
    check,
    level: 'warning',
    found: `${found}: it is away while that server is`,
    fix: 'Run three servers, and set replicas: 3.',
  }
}

function powerLoss(infos: readonly StreamInfo[]): Diagnosis {
  const check = 'power loss'
  if (infos.some(({ config }) => config.storage === 'memory'))
    return {
      check,
      level: 'warning',
      found: 'memory storage: a restart of all its servers loses everything',
      fix: 'Leave storage out: streams are then kept in files.',
    }
  return {
    check,
    level: 'warning',
    found:
      'a server writes what it has accepted to disk within two minutes, unless its sync_interval says otherwise; it cannot be asked',
    fix: 'Set sync_interval: always (2.10 and newer), or keep three replicas that do not share their power.',
  }
}

function room({ config, state }: StreamInfo): Diagnosis {
  const check = `room in ${config.name}`
  const used = `${(state.bytes / 2 ** 20).toFixed(1)} MiB`
  if (config.max_bytes <= 0)
    return { check, level: 'ok', found: `${used} used, no limit but the account's and the disk's` }
  const share = state.bytes / config.max_bytes
  const found = `${used} of ${(config.max_bytes / 2 ** 20).toFixed(1)} MiB used`
  if (share < FULL) return { check, level: 'ok', found }
  return {
    check,
    level: 'warning',
    found,
    fix: 'Raise maxBytes or add workers: when it is full, enqueueing rejects until there is room.',
  }
}

function encryption(urls: readonly string[], where: string): Diagnosis {
  const check = 'encryption'
  const open = urls.filter((url) => url.startsWith('nats:') && !isLocal(url))
  if (open.length === 0) return { check, level: 'ok', found: `${where}: TLS, or this machine` }
  return {
    check,
    level: 'warning',
    found: `${describeServer({ url: open })}: messages and password travel in the clear unless the server insists on TLS`,
    fix: 'Use tls:// where the network is not your own.',
  }
}

function isLocal(url: string): boolean {
  return /^(127\.|localhost$|\[::1\]$)/.test(new URL(url).hostname)
}
