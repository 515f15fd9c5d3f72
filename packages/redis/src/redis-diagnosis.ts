import { systemRuntime } from '@bananasjs/core/contract'
import type { Diagnosis } from '@bananasjs/core/contract'
import type { RedisClient } from './redis-client.ts'
import { parseServer } from './redis-server.ts'
import type { Server } from './redis-server.ts'

/** Delays and leases go by the server's clock, so a skew only shows in times that people read. */
const SKEW_MS = 2000
const FULL = 0.8

/** What the server's settings really give. The client is open. */
export async function diagnose(client: RedisClient): Promise<readonly Diagnosis[]> {
  const server = parseServer(String(await client.call('info')))
  return [
    version(server),
    role(server),
    eviction(server),
    memory(server),
    await persistence(client, server),
    await skew(client),
  ]
}

function version({ product, release, version: [major], mode }: Server): Diagnosis {
  const check = 'server version'
  if (major !== 0) return { check, level: 'ok', found: `${product} ${release}, ${mode}` }
  return {
    check,
    level: 'warning',
    found: 'unknown: INFO is not allowed',
    fix: 'Allow this user the command INFO.',
  }
}

function role({ role: found, replicas }: Server): Diagnosis {
  const check = 'role'
  if (found === 'slave') {
    return {
      check,
      level: 'error',
      found: 'replica',
      fix: 'Point the url to the primary, or name the sentinels.',
    }
  }
  return { check, level: 'ok', found: `primary with ${replicas} replica${replicas === 1 ? '' : 's'}` }
}

function eviction({ evictionPolicy, maxMemoryBytes }: Server): Diagnosis {
  const check = 'eviction policy'
  const found = evictionPolicy ?? 'unknown'
  if (found.startsWith('allkeys') && maxMemoryBytes !== 0) {
    return {
      check,
      level: 'error',
      found: `${found}: when memory is full the server deletes queues without a word`,
      fix: 'Set maxmemory-policy noeviction.',
    }
  }
  if (found === 'noeviction' || found.startsWith('volatile')) return { check, level: 'ok', found }
  return { check, level: 'warning', found, fix: 'Set maxmemory-policy noeviction.' }
}

function memory({ maxMemoryBytes = 0, usedMemoryBytes = 0 }: Server): Diagnosis {
  const check = 'memory'
  const used = `${(usedMemoryBytes / 2 ** 20).toFixed(1)} MiB used`
  if (maxMemoryBytes === 0) return { check, level: 'ok', found: `${used}, no limit set` }
  const share = usedMemoryBytes / maxMemoryBytes
  const found = `${used} of ${(maxMemoryBytes / 2 ** 20).toFixed(1)} MiB`
  if (share < FULL) return { check, level: 'ok', found }
  return {
    check,
    level: 'warning',
    found,
    fix: 'Raise maxmemory or add workers: when it is full, enqueueing rejects until there is room.',
  }
}

async function persistence(client: RedisClient, { appendOnly }: Server): Promise<Diagnosis> {
  const check = 'power loss'
  if (appendOnly === undefined) return { check, level: 'warning', found: 'unknown: INFO is not allowed' }
  if (!appendOnly) {
    return {
      check,
      level: 'error',
      found: 'appendonly no: a restart of the server loses everything since the last snapshot',
      fix: 'Set appendonly yes.',
    }
  }
  const policy = await appendFsync(client)
  if (policy === 'always')
    return { check, level: 'ok', found: 'appendfsync always: every acknowledged write survives' }
  return {
    check,
    level: 'warning',
    found: `appendfsync ${policy}: a power cut may lose the last second or two, and so may a kill of the server while its disk is slow`,
    fix: 'Set appendfsync always where that matters; it costs throughput.',
  }
}

async function appendFsync(client: RedisClient): Promise<string> {
  try {
    const reply = (await client.call('config', 'get', 'appendfsync')) as Buffer[]
    return String(reply[1] ?? 'unknown')
  } catch {
    return 'unknown' // CONFIG is closed on managed servers
  }
}

async function skew(client: RedisClient): Promise<Diagnosis> {
  const check = 'clock skew'
  const before = systemRuntime.now()
  const [seconds, micros] = (await client.call('time')) as [Buffer, Buffer]
  const middle = (before + systemRuntime.now()) / 2
  const skewMs = Math.round(Number(String(seconds)) * 1000 + Number(String(micros)) / 1000 - middle)
  const found = `${skewMs} ms ahead of this machine`
  if (Math.abs(skewMs) < SKEW_MS) return { check, level: 'ok', found }
  return {
    check,
    level: 'warning',
    found,
    fix: 'Synchronise the clocks (NTP): expiry dates are read on both sides.',
  }
}
