import { QueueError } from '@bananasjs/core'
import type { PluginHost } from '@bananasjs/core'

type Codec = Pick<PluginHost, 'serializer' | 'serializerFor'>
type Serializer = Codec['serializer']

/** An input that a node has been given beforehand. */
export interface Bound {
  readonly value: unknown
}

const JSON_TYPE = 'application/json'

/** First a line with the content type of what is bound, then the skeleton as JSON. */
export function encodePart(part: object, { contentType }: Serializer): Buffer {
  return Buffer.from(`${contentType}\n${JSON.stringify(part)}`)
}

/** With the serializer that wrote what is bound. @throws QueueError UNDECODABLE */
// oxlint-disable-next-line no-unnecessary-type-parameters -- the caller knows which part it stored
export function decodePart<Part>(
  bytes: Uint8Array,
  what: string,
  { serializerFor }: Codec,
): { readonly part: Part; readonly serializer: Serializer } {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
  const end = text.indexOf('\n')
  try {
    const serializer = serializerFor(text.slice(0, end))
    return { part: JSON.parse(text.slice(end + 1)) as Part, serializer }
  } catch (cause) {
    if (QueueError.is(cause)) throw cause
    throw new QueueError('UNDECODABLE', `The plan of ${what} cannot be read.`, { cause })
  }
}

/** As its serializer wrote it: what is encrypted in messages is encrypted here. */
export function packBound({ value }: Bound, serializer: Serializer): string {
  const { buffer, byteOffset, byteLength } = serializer.encode(value)
  const encoding = serializer.contentType === JSON_TYPE ? 'utf8' : 'base64'
  return Buffer.from(buffer, byteOffset, byteLength).toString(encoding)
}

/** Decoded when it is looked at, which throws UNDECODABLE. */
export function unpackBound(text: string, serializer: Serializer): Bound {
  const encoding = serializer.contentType === JSON_TYPE ? 'utf8' : 'base64'
  return {
    get value() {
      return serializer.decode(Buffer.from(text, encoding))
    },
  }
}
