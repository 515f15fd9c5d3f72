import { ELEMENT } from './element.ts'

/**
 * Takes one page of letters out, back into the queue or away.
 * KEYS: dead, ready, ranked, wake, seq. ARGV: 'redrive' or 'drop', number after which to look, last number to look at
 * (-1: the last there is), most letters to look at, then the ids to choose (none: all).
 * Returns how many were taken, the number looked at last (-1: no more), and the last number to look at.
 */
export const TAKE_LETTERS: string = `${ELEMENT}
local dead, ready, ranked, wake, seq = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local after, last, limit = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
if last < 0 then
  local tail = redis.call('ZREVRANGE', dead, 0, 0, 'WITHSCORES')
  if not tail[2] then return { 0, -1, 0 } end
  last = tonumber(tail[2])
end
local chosen = nil
for index = 5, #ARGV do
  chosen = chosen or {}
  chosen[ARGV[index]] = true
end

local members = redis.call('ZRANGEBYSCORE', dead, '(' .. string.format('%.0f', after), string.format('%.0f', last),
  'LIMIT', 0, limit)
local count = 0
for _, member in ipairs(members) do
  local letter, _, reason = struct.unpack('>I8dI4', member)
  after = letter
  local element = string.sub(member, 21 + reason)
  local id = 'malformed-' .. string.format('%.0f', letter)
  if known(element) then id = string.sub(element, 15, 14 + struct.unpack('>I2', element, 7)) end
  if not chosen or chosen[id] then
    redis.call('ZREM', dead, member)
    if ARGV[1] == 'redrive' then append(ready, ranked, seq, rewrite(element, 0)) end
    count = count + 1
  end
end
if count > 0 and ARGV[1] == 'redrive' then wake_one(wake) end
if #members < limit then after = -1 end
return { count, after, last }
`
