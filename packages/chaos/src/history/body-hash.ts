/** 32 bits of FNV-1a: tells a body that was altered on its way, by accident. Nothing for secrets. */
export function bodyHash(body: Uint8Array): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < body.length; at += 1) hash = Math.imul(hash ^ body[at]!, 0x01000193)
  return hash >>> 0
}
