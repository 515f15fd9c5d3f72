import { ELEMENT } from './element.ts'

/**
 * Stores a batch. KEYS: ready, ranked, due, wake, seq. ARGV: the records in one string, each
 * delay in ms (double) | size (4) | element, the longest wait of a consumer in ms.
 */
export const PUBLISH: string = `${ELEMENT}
local ready, ranked, due, wake, seq = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local records, at = ARGV[1], 1
local horizon = tonumber(ARGV[2])
local now = nil
local plain, count = {}, 0
local soon = false

while at <= #records do
  local delay, size, from = struct.unpack('>dI4', records, at)
  local element = string.sub(records, from, from + size - 1)
  at = from + size
  if delay > 0 then
    now = now or clock()
    postpone(due, seq, element, now + delay)
    if delay < horizon then soon = true end
  else
    soon = true
    if string.byte(element, 2) == 50 then
      count = count + 1
      plain[count] = element
    else
      append(ready, ranked, seq, element)
    end
  end
end

if count > 0 then redis.call('RPUSH', ready, unpack(plain)) end
if soon then wake_one(wake) end
return 1
`
