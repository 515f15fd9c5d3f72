import { createHash } from 'node:crypto'

/** A Lua script and the name the server caches it under. */
export interface Script {
  readonly text: string
  readonly sha: string
}

export function script(text: string): Script {
  return { text, sha: createHash('sha1').update(text).digest('hex') }
}
