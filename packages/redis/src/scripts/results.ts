/**
 * Results and facts live in hashes beside a sorted set of their ends, not in keys with a TTL: a server that evicts
 * volatile keys leaves them alone. A value is end in epoch ms (double) | state (1, results only) | bytes.
 */
const EXPIRY = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function sweep(hash, ends, most)
  local old = redis.call('ZRANGEBYSCORE', ends, '-inf', string.format('%.0f', now), 'LIMIT', 0, most)
  if #old == 0 then return end
  redis.call('ZREM', ends, unpack(old))
  redis.call('HDEL', hash, unpack(old))
end
`

/**
 * KEYS: results, their ends. ARGV: the records in one string, each id size (2) | state (1) | ttl in ms (double) |
 * value size (4) | id | value; the topic that hears the ids of final records. States: q r s f c e.
 */
export const PUT: string = `${EXPIRY}
local records, at = ARGV[1], 1
local put, ends, finals = {}, {}, {}
local fresh = {}
-- A script that has written may go on at maxmemory: a full server can be drained only if workers may store results.
redis.call('HDEL', KEYS[1], '')
sweep(KEYS[1], KEYS[2], 200)
while at <= #records do
  local id_size, state, ttl, size, from = struct.unpack('>I2c1dI4', records, at)
  local id = string.sub(records, from, from + id_size - 1)
  at = from + id_size + size
  local old = fresh[id] or redis.call('HGET', KEYS[1], id)
  local final = false
  if old and struct.unpack('>d', old) > now then
    local before = string.sub(old, 9, 9)
    final = before ~= 'q' and before ~= 'r'
  end
  if state == 'q' or not final then
    local value = struct.pack('>d', now + ttl) .. state .. string.sub(records, from + id_size, at - 1)
    fresh[id] = value
    put[#put + 1] = id
    put[#put + 1] = value
    ends[#ends + 1] = string.format('%.17g', now + ttl)
    ends[#ends + 1] = id
    if state ~= 'q' and state ~= 'r' then finals[#finals + 1] = struct.pack('>I2', id_size) .. id end
  end
end
for from = 1, #put, 2000 do
  local to = math.min(from + 1999, #put)
  redis.call('HSET', KEYS[1], unpack(put, from, to))
  redis.call('ZADD', KEYS[2], unpack(ends, from, to))
end
if #finals > 0 then redis.call('PUBLISH', ARGV[2], table.concat(finals)) end
return 1
`

/** KEYS: results, for the server that has them to answer. Returns its time in epoch ms, as a double. */
export const NOW: string = `${EXPIRY}
return struct.pack('>d', now)
`

/** KEYS: facts, their ends. ARGV: key, 'absent' or 'equal', the expected bytes, 'remove' or 'store', the next bytes, ttl in ms. */
export const SWAP: string = `${EXPIRY}
local key, expected, next = ARGV[1], ARGV[3], ARGV[5]
local stored = redis.call('HGET', KEYS[1], key)
local value = false
if stored and struct.unpack('>d', stored) > now then value = string.sub(stored, 9) end
if ARGV[2] == 'absent' then
  if value then return value end
elseif value ~= expected then
  return value
end
if ARGV[4] == 'remove' then
  if stored then
    redis.call('ZREM', KEYS[2], key)
    redis.call('HDEL', KEYS[1], key)
  end
  return false
end
sweep(KEYS[1], KEYS[2], 20)
local ends = now + tonumber(ARGV[6])
redis.call('HSET', KEYS[1], key, struct.pack('>d', ends) .. next)
redis.call('ZADD', KEYS[2], string.format('%.17g', ends), key)
return next
`

/**
 * KEYS: the bitmap of one join, the ends of all joins of its shard. ARGV: the join, ttl in ms, rows of positions, each its first
 * and their number, with blanks between them: one argument is read faster than hundreds, and a byte written faster than eight bits.
 * Returns how many have arrived, and joins that are over, for the caller to forget.
 */
export const ARRIVE: string = `${EXPIRY}
local ends = redis.call('ZSCORE', KEYS[2], ARGV[1])
if ends and tonumber(ends) <= now then redis.call('DEL', KEYS[1]) end
redis.call('ZREM', KEYS[2], '') -- see PUT: a join must end on a full server, too
local function mark(from, to)
  for position = from, to - 1 do redis.call('SETBIT', KEYS[1], position, 1) end
end
for first, count in string.gmatch(ARGV[3], '(%d+) (%d+)') do
  local from, to = tonumber(first), first + count
  local whole = math.ceil(from / 8) * 8
  local bytes = math.floor((to - whole) / 8)
  if bytes > 0 then
    mark(from, whole)
    redis.call('SETRANGE', KEYS[1], whole / 8, string.rep('\\255', bytes))
    from = whole + bytes * 8
  end
  mark(from, to)
end
redis.call('ZADD', KEYS[2], string.format('%.17g', now + tonumber(ARGV[2])), ARGV[1])
local over = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', string.format('%.0f', now), 'LIMIT', 0, 10)
return { redis.call('BITCOUNT', KEYS[1]), over }
`

/** KEYS: the bitmap of a join, the ends. ARGV: the join. Forgets it, unless it has begun anew meanwhile. */
export const FORGET_JOIN: string = `${EXPIRY}
local ends = redis.call('ZSCORE', KEYS[2], ARGV[1])
if ends and tonumber(ends) <= now then
  redis.call('DEL', KEYS[1])
  redis.call('ZREM', KEYS[2], ARGV[1])
end
return 1
`
