import { ELEMENT } from './element.ts'

/** KEYS: ready, ranked, due, lease, dead. Returns how many are ready, delayed, leased and dead. */
export const COUNT: string = `${ELEMENT}
local now = string.format('%.0f', clock())
local ready = redis.call('LLEN', KEYS[1]) + redis.call('ZCARD', KEYS[2])
  + redis.call('ZCOUNT', KEYS[3], '-inf', now) + redis.call('ZCOUNT', KEYS[4], '-inf', now)
return { ready, redis.call('ZCOUNT', KEYS[3], '(' .. now, '+inf'),
  redis.call('ZCOUNT', KEYS[4], '(' .. now, '+inf'), redis.call('ZCARD', KEYS[5]) }
`

/** KEYS: ready, ranked. ARGV: most elements. Returns the next elements, in order, and takes nothing. */
export const PEEK: string = `
local limit = tonumber(ARGV[1])
local found = {}
local function add(elements, from)
  for index = 1, #elements do found[#found + 1] = string.sub(elements[index], from) end
end
add(redis.call('ZRANGEBYSCORE', KEYS[2], 0, 49, 'LIMIT', 0, limit), 9)
if #found < limit then add(redis.call('LRANGE', KEYS[1], 0, limit - #found - 1), 1) end
if #found < limit then add(redis.call('ZRANGEBYSCORE', KEYS[2], 51, 100, 'LIMIT', 0, limit - #found), 9) end
return found
`

/** KEYS: ready, ranked, due. Forgets what waits there; returns how many. */
export const PURGE: string = `
local count = redis.call('LLEN', KEYS[1]) + redis.call('ZCARD', KEYS[2]) + redis.call('ZCARD', KEYS[3])
redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3])
return count
`
