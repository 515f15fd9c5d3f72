/** What INFO tells about a server. */
export interface Server {
  /** `redis` or `valkey`. */
  readonly product: string
  /** Of the Redis protocol family: Valkey names the Redis version it is compatible with. [0, 0] when unknown. */
  readonly version: readonly [number, number]
  /** As the product counts. */
  readonly release: string
  readonly mode: string
  readonly role: string
  /** Is the append-only file on? `undefined` when unknown. */
  readonly appendOnly: boolean | undefined
  readonly evictionPolicy: string | undefined
  readonly maxMemoryBytes: number | undefined
  readonly usedMemoryBytes: number | undefined
  readonly replicas: number
}

export function parseServer(info: string): Server {
  const fields = fieldsOf(info)
  const compatible = fields.get('redis_version') ?? 'unknown'
  const valkey = fields.get('valkey_version')
  const [major = 0, minor = 0] = compatible.split('.').map((part) => Number(part) || 0)
  return {
    product: valkey === undefined ? 'redis' : 'valkey',
    version: [major, minor],
    release: valkey ?? compatible,
    mode: fields.get('redis_mode') ?? 'unknown',
    role: fields.get('role') ?? 'unknown',
    appendOnly: fields.has('aof_enabled') ? fields.get('aof_enabled') === '1' : undefined,
    evictionPolicy: fields.get('maxmemory_policy'),
    maxMemoryBytes: numberOf(fields.get('maxmemory')),
    usedMemoryBytes: numberOf(fields.get('used_memory')),
    replicas: numberOf(fields.get('connected_slaves')) ?? 0,
  }
}

function fieldsOf(info: string): Map<string, string> {
  const fields = new Map<string, string>()
  for (const line of info.split(/\r?\n/)) {
    const colon = line.indexOf(':')
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1))
  }
  return fields
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text)
}
