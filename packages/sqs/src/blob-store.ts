/**
 * Where bodies go that are too large for a queue (claim check). A body is written before its message is sent and
 * deleted after its message was acknowledged. Objects of a folder, S3, a database: anything durable.
 */
export interface BlobStore {
  /** Resolves once stored. Keys are made of letters, digits, `-` and `_`. */
  put(key: string, bytes: Uint8Array): Promise<void>
  /** `undefined` when there is nothing under this key. */
  get(key: string): Promise<Uint8Array | undefined>
  /** Without effect when there is nothing under this key. */
  delete(key: string): Promise<void>
}
