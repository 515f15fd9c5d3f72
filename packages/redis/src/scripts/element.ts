/**
 * Lua shared by the scripts: how a message lies in Redis, and where it goes.
 *
 * An element is one message as bytes (see `redis-element.ts`):
 * version 1 | priority 1 | deliveries 4 | id size 2 | group size 2 | headers size 4 | id | group | headers | body.
 * Messages of priority 50 wait in a list; the others in a sorted set by 100 - priority. Members of a sorted set need
 * a number of their own in front, or two equal messages would be one: 8 bytes, which also keep them in order.
 */
export const ELEMENT: string = `
local MIDDLE = 4503599627370496 -- 2^52: room for numbers before and after it

local function known(element)
  return #element >= 14 and string.byte(element, 1) == 1
end

local function priority_of(element)
  if known(element) then return string.byte(element, 2) end
  return 50
end

local function deliveries_of(element)
  if known(element) then return (struct.unpack('>I4', element, 3)) end
  return 0
end

-- The element with another count of hand-overs and, where given, other headers.
local function rewrite(element, deliveries, headers)
  if not known(element) then return element end
  local count = struct.pack('>I4', deliveries)
  if not headers then return string.sub(element, 1, 2) .. count .. string.sub(element, 7) end
  local id, group, old = struct.unpack('>I2I2I4', element, 7)
  if group == 65535 then group = 0 end
  local names = 14 + id + group
  return string.sub(element, 1, 2) .. count .. string.sub(element, 7, 10) .. struct.pack('>I4', #headers)
    .. string.sub(element, 15, names) .. headers .. string.sub(element, names + old + 1)
end

-- Priorities are kept apart by score, so a number only has to order its equals.
local function append(ready, ranked, seq, element)
  local priority = priority_of(element)
  if priority == 50 then return redis.call('RPUSH', ready, element) end
  local number = MIDDLE + redis.call('INCR', seq)
  redis.call('ZADD', ranked, 100 - priority, struct.pack('>I8', number) .. element)
end

local function prepend(ready, ranked, seq, element)
  local priority = priority_of(element)
  if priority == 50 then return redis.call('LPUSH', ready, element) end
  local number = MIDDLE - redis.call('INCR', seq)
  redis.call('ZADD', ranked, 100 - priority, struct.pack('>I8', number) .. element)
end

local function postpone(due, seq, element, at)
  local number = MIDDLE + redis.call('INCR', seq)
  redis.call('ZADD', due, string.format('%.17g', at), struct.pack('>I8', number) .. element)
end

-- One marker wakes one waiting consumer; never more than one, so it cannot pile up.
local function wake_one(wake)
  if redis.call('LLEN', wake) == 0 then redis.call('RPUSH', wake, 1) end
end

local function clock()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
`
