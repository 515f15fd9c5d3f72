/**
 * Uniform in [0, 1) from a seed and a key. The same pair always draws the same, whatever was drawn before, so a run can
 * be repeated although its tasks interleave otherwise. FNV-1a over the text, then the finalizer of MurmurHash3.
 */
export function chanceOf(seed: number, key: string): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0
  for (let at = 0; at < key.length; at += 1) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193)
  return mix(hash) / 2 ** 32
}

function mix(hash: number): number {
  const a = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  const b = Math.imul(a ^ (a >>> 13), 0xc2b2ae35)
  return (b ^ (b >>> 16)) >>> 0
}
