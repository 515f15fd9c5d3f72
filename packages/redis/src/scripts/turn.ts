import { ELEMENT } from './element.ts'

/**
 * Everything a consumer does in one turn, in one call: settle a batch, put back what expired, move up what is due,
 * lease the next messages, and say when to look again.
 *
 * KEYS: ready, ranked, due, lease, held, wake, seq, dead, own wake of this consumer.
 * ARGV: most messages to lease, lease in ms, prefix of the new receipts, longest wait of a consumer in ms,
 *   'leaving' when this consumer will not wait next, number of acknowledgements, their receipts, then operations:
 *   release receipt | retry receipt delay headers | dead receipt reason keep-headers headers | extend receipt ms |
 *   unclaim prefix count.
 * Returns the positions of stale receipts, ms until the next message is due (-1: none is), how many were leased, and
 * their elements in one string: all sizes (4 each), then all bytes.
 *
 * Removals come before additions wherever that is possible: a script that has written may go on at maxmemory, so
 * that a full server can still be drained.
 */
export const TURN: string = `${ELEMENT}
local ready, ranked, due, lease, held = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local wake, seq, dead, own = KEYS[6], KEYS[7], KEYS[8], KEYS[9]
local max, lease_ms, prefix, horizon = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local leaving, acks = ARGV[5] == 'leaving', tonumber(ARGV[6])
local now = clock()
local stale, moved = {}, false
local position = 0

-- The element behind a receipt, taken out of the lease; false when the receipt is stale.
local function take_back(token)
  local element = redis.call('HGET', held, token)
  if not element then return false end
  redis.call('ZREM', lease, token)
  redis.call('HDEL', held, token)
  return element
end

if acks > 0 then
  local removed = redis.call('ZREM', lease, unpack(ARGV, 7, 6 + acks))
  if removed == acks then
    redis.call('HDEL', held, unpack(ARGV, 7, 6 + acks))
  else
    for index = 1, acks do
      if redis.call('HDEL', held, ARGV[6 + index]) == 0 then stale[#stale + 1] = index - 1 end
    end
  end
  position = acks
end

local operations = {
  release = function(at)
    local element = take_back(ARGV[at + 1])
    if element then
      prepend(ready, ranked, seq, element)
      moved = true
    end
    return element, at + 2
  end,
  retry = function(at)
    local element = take_back(ARGV[at + 1])
    if element then
      local delay = tonumber(ARGV[at + 2])
      element = rewrite(element, deliveries_of(element) + 1, ARGV[at + 3])
      if delay > 0 then postpone(due, seq, element, now + delay) else append(ready, ranked, seq, element) end
      moved = true
    end
    return element, at + 4
  end,
  dead = function(at)
    local element = take_back(ARGV[at + 1])
    if element then
      local reason, headers = ARGV[at + 2], ARGV[at + 4]
      if ARGV[at + 3] == 'keep' then headers = nil end
      local letter = redis.call('INCR', seq)
      element = rewrite(element, deliveries_of(element) + 1, headers)
      redis.call('ZADD', dead, letter, struct.pack('>I8dI4', letter, now, #reason) .. reason .. element)
    end
    return element, at + 5
  end,
  extend = function(at)
    local found = redis.call('ZSCORE', lease, ARGV[at + 1])
    if found then
      local ms = tonumber(ARGV[at + 2])
      redis.call('ZADD', lease, string.format('%.17g', now + ms), ARGV[at + 1])
      if ms < horizon then moved = true end
    end
    return found, at + 3
  end,
  -- An answer that never arrived: whatever was leased by it goes back as if it had not been.
  unclaim = function(at)
    for index = tonumber(ARGV[at + 2]), 1, -1 do
      local element = take_back(ARGV[at + 1] .. (1000 + index))
      if element then
        prepend(ready, ranked, seq, element)
        moved = true
      end
    end
    position = position - 1
    return true, at + 3
  end,
}

local at = 7 + acks
if at <= #ARGV then redis.call('ZREM', lease, '') end -- counts as a write, so that the rest may follow
while at <= #ARGV do
  local found
  found, at = operations[ARGV[at]](at)
  if not found then stale[#stale + 1] = position end
  position = position + 1
end

local function first(set)
  local head = redis.call('ZRANGE', set, 0, 0, 'WITHSCORES')
  if head[2] then return tonumber(head[2]) end
  return math.huge
end

local taken, packed = {}, ''
if max > 0 then
  if own then redis.call('DEL', own) end
  local expired = redis.call('ZRANGEBYSCORE', lease, '-inf', now, 'LIMIT', 0, 200)
  if #expired > 0 then
    local elements = redis.call('HMGET', held, unpack(expired))
    redis.call('ZREM', lease, unpack(expired))
    redis.call('HDEL', held, unpack(expired))
    for index = #expired, 1, -1 do
      local element = elements[index]
      if element then prepend(ready, ranked, seq, rewrite(element, deliveries_of(element) + 1)) end
    end
  end
  local promoted = redis.call('ZRANGEBYSCORE', due, '-inf', now, 'LIMIT', 0, 500)
  if #promoted > 0 then
    redis.call('ZREM', due, unpack(promoted))
    for index = 1, #promoted do append(ready, ranked, seq, string.sub(promoted[index], 9)) end
  end

  local function take_ranked(low, high)
    local members = redis.call('ZRANGEBYSCORE', ranked, low, high, 'LIMIT', 0, max - #taken)
    if #members == 0 then return end
    redis.call('ZREM', ranked, unpack(members))
    for index = 1, #members do taken[#taken + 1] = string.sub(members[index], 9) end
  end
  local has_ranks = redis.call('EXISTS', ranked) == 1
  if has_ranks then take_ranked(0, 49) end
  if #taken < max then
    local plain = redis.call('LPOP', ready, max - #taken)
    if plain then
      if #taken == 0 then taken = plain else
        for index = 1, #plain do taken[#taken + 1] = plain[index] end
      end
    end
  end
  if has_ranks and #taken < max then take_ranked(51, 100) end

  if #taken > 0 then
    local ends = string.format('%.17g', now + lease_ms)
    local leases, holds, sizes = {}, {}, {}
    for index = 1, #taken do
      local token, element = prefix .. (1000 + index), taken[index]
      leases[2 * index - 1] = ends
      leases[2 * index] = token
      holds[2 * index - 1] = token
      holds[2 * index] = element
      sizes[index] = #element
    end
    -- One reply instead of hundreds: what the client spends on reading them is a good part of what a task costs.
    packed = struct.pack('>' .. string.rep('I4', #taken), unpack(sizes)) .. table.concat(taken)
    redis.call('ZADD', lease, unpack(leases))
    redis.call('HSET', held, unpack(holds))
  end
end

local wait = -1
if max > 0 and #taken == 0 and not leaving then
  local next = math.min(first(due), first(lease))
  if next < math.huge then wait = math.max(0, next - now) end
elseif moved or leaving or #taken > 0 then
  -- This consumer is busy now: another one has to look after what is left, or will be due before it looks by itself.
  if redis.call('EXISTS', ready, ranked) > 0 or math.min(first(due), first(lease)) < now + horizon then
    wake_one(wake)
  end
end
return { stale, wait, #taken, packed }
`
