import { expect, test } from 'vitest'
import { redis } from '../src/index.ts'
import { describeServer } from '../src/redis-connect.ts'
import { redisError } from '../src/redis-errors.ts'
import { queueKeys, shardKeys, shardOf } from '../src/redis-keys.ts'
import { parseServer } from '../src/redis-server.ts'

test.each([
  ['a url of another kind', { url: 'http://localhost' }, /begins with "http:"/],
  ['no url at all', { url: 'localhost' }, /redis:\/\//],
  ['a database that is no number', { url: 'redis://localhost/main' }, /"main"/],
  ['a prefix with braces', { prefix: 'a{b' }, /prefix/],
  ['an empty prefix', { prefix: '' }, /prefix/],
  ['a negative patience', { recoveryMs: -1 }, /recoveryMs/],
  ['no time for a command', { commandMs: 0 }, /commandMs/],
  ['no cluster nodes', { cluster: [] }, /at least one node/],
  ['sentinels without a name', { sentinels: [{ host: 'x', port: 1 }] }, /primaryName/],
  ['two ways at once', { url: 'redis://x', cluster: [{ host: 'x', port: 1 }] }, /one of/],
])('%s is refused with INVALID', (_, options, expected) => {
  expect(() => redis(options)).toThrow(expect.objectContaining({ code: 'INVALID' }))
  expect(() => redis(options)).toThrow(expected)
})

test('nothing connects before the first use', () => {
  expect(redis('redis://127.0.0.1:1').client.status).toBe('wait')
})

test.each([
  ['WRONGPASS invalid username-password pair or user is disabled.', 'DENIED', false],
  ['NOAUTH Authentication required.', 'DENIED', false],
  ["NOPERM User bob has no permissions to run the 'evalsha' command", 'DENIED', false],
  ['WRONGTYPE Operation against a key holding the wrong kind of value', 'INVALID', false],
  ["OOM command not allowed when used memory > 'maxmemory'.", 'CONNECTION_LOST', true],
  ["READONLY You can't write against a read only replica.", 'CONNECTION_LOST', true],
  ['LOADING Redis is loading the dataset in memory', 'CONNECTION_LOST', true],
  ['MISCONF Redis is configured to save RDB snapshots', 'CONNECTION_LOST', true],
  ['CLUSTERDOWN The cluster is down', 'CONNECTION_LOST', true],
  ['NOREPLICAS Not enough good replicas to write.', 'CONNECTION_LOST', true],
  ['UNBLOCKED force unblock from blocking operation', 'CONNECTION_LOST', true],
  ["ERR unknown command 'ZMSCORE'", 'UNSUPPORTED', false],
  ['Connection is closed.', 'CONNECTION_LOST', true],
  ['connect ECONNREFUSED 127.0.0.1:6379', 'CONNECTION_LOST', true],
  ['getaddrinfo ENOTFOUND nowhere', 'CONNECTION_LOST', true],
  ['ERR something nobody has heard of', 'INVALID', false],
])('"%s" is told as %s', (message, code, retryable) => {
  const cause = new Error(message)
  const error = redisError(cause, 'db.example:6379')
  expect(error).toMatchObject({ code, retryable, cause })
  expect(error.message).toContain('db.example:6379')
})

test('no password is ever shown', () => {
  expect(describeServer({ url: 'rediss://bob:secret@db.example:7000/3' })).toBe('db.example:7000')
  expect(
    describeServer({
      sentinels: [
        { host: 'a', port: 1 },
        { host: 'b', port: 2 },
      ],
    }),
  ).toBe('a:1, b:2')
})

test('INFO is read for Redis and Valkey, and when it says nothing', () => {
  const info =
    'redis_version:7.2.4\r\nvalkey_version:8.1.0\r\naof_enabled:1\r\nrole:master\r\nmaxmemory_policy:noeviction\r\n'
  expect(parseServer(info)).toMatchObject({
    product: 'valkey',
    version: [7, 2],
    release: '8.1.0',
    appendOnly: true,
    role: 'master',
  })
  expect(parseServer('')).toMatchObject({ product: 'redis', version: [0, 0], appendOnly: undefined })
})

test('keys of queues stay apart, and those of one queue share a slot', () => {
  const names = ['a', 'a}', 'a}:ready', '{a}', 'a:ready', 'a}b{c', '😀', ' ']
  const all = names.flatMap((name) => Object.values(queueKeys('bananas', name)))
  expect(new Set(all).size).toBe(all.length)
  for (const name of names) {
    const tags = Object.values(queueKeys('bananas', name)).map((key) => /\{(.*?)\}/.exec(key)?.[1])
    expect(new Set(tags).size).toBe(1)
  }
})

test('names are spread evenly over shards, and always to the same one', () => {
  const counts = Array.from({ length: 16 }, () => 0)
  for (let index = 0; index < 16_000; index += 1) counts[shardOf(`01a20a32-b400-7063-${index}`, 16)]! += 1
  for (const count of counts) expect(count).toBeGreaterThan(800)
  expect(shardOf('x', 16)).toBe(shardOf('x', 16))
  expect(new Set([0, 1].map((shard) => shardKeys('p', shard).results)).size).toBe(2)
})
