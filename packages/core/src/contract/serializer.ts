/**
 * The only part that looks inside a body. Encryption and compression are serializers around serializers.
 * @see jsonSerializer
 */
export interface Serializer {
  /** Travels in the `content-type` header; a worker picks the decoder by it. */
  readonly contentType: string
  /** @throws QueueError INVALID naming what cannot be encoded. Never drops data silently. */
  encode(value: unknown): Uint8Array
  /** @throws QueueError UNDECODABLE for bytes this serializer did not write. */
  decode(bytes: Uint8Array): unknown
}
