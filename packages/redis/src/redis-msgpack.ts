export interface Span {
  readonly from: number
  readonly to: number
}

/**
 * Where the strings of an array lie, `undefined` for nils, as Lua's `cmsgpack.pack` writes it
 * (https://github.com/msgpack/msgpack/blob/master/spec.md).
 */
export function* unpackStrings(packed: Buffer, from: number): Generator<Span | undefined, undefined> {
  let { at, count } = arrayAt(packed, from)
  for (; count > 0; count -= 1) {
    const string = stringAt(packed, at)
    at = string === undefined ? at + 1 : string.to
    yield string
  }
  return undefined
}

function arrayAt(packed: Buffer, at: number): { at: number; count: number } {
  const kind = packed[at]!
  if (kind === 0xdc) return { at: at + 3, count: packed.readUInt16BE(at + 1) }
  if (kind === 0xdd) return { at: at + 5, count: packed.readUInt32BE(at + 1) }
  return { at: at + 1, count: kind & 0x0f }
}

/** Where a string lies; `undefined` for `false` and nil. */
function stringAt(packed: Buffer, at: number): Span | undefined {
  const kind = packed[at]!
  if (kind === 0xd9) return { from: at + 2, to: at + 2 + packed[at + 1]! }
  if (kind === 0xda) return { from: at + 3, to: at + 3 + packed.readUInt16BE(at + 1) }
  if (kind === 0xdb) return { from: at + 5, to: at + 5 + packed.readUInt32BE(at + 1) }
  if (kind >= 0xa0 && kind <= 0xbf) return { from: at + 1, to: at + 1 + (kind & 0x1f) }
  return undefined
}
