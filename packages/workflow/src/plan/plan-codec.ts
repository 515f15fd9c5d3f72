import { QueueError } from '@bananasjs/core'
import type { PluginHost } from '@bananasjs/core'

type Codec = Pick<PluginHost, 'serializer' | 'serializerFor'>

const JSON_TYPE = 'application/json'

/**
 * The skeleton as JSON, and every bound input as its serializer wrote it: what is encrypted in messages is encrypted here.
 * First a line with the content type, then the skeleton.
 */
export function encodePart(part: unknown, { serializer }: Codec): Buffer {
  const { contentType } = serializer
  const text = JSON.stringify(part, (key, value: unknown) =>
    key === 'bound' ? boundText((value as { value: unknown }).value, serializer) : value,
  )
  return Buffer.from(`${contentType}\n${text}`)
}

/** Bound inputs are decoded when they are looked at. @throws QueueError UNDECODABLE */
// oxlint-disable-next-line no-unnecessary-type-parameters -- the caller knows which part it stored
export function decodePart<Part>(bytes: Uint8Array, what: string, { serializerFor }: Codec): Part {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
  const end = text.indexOf('\n')
  try {
    const contentType = text.slice(0, end)
    return JSON.parse(text.slice(end + 1), (key, value: unknown) =>
      key === 'bound' && typeof value === 'string' ? lazily(value, serializerFor(contentType)) : value,
    ) as Part
  } catch (cause) {
    if (QueueError.is(cause)) throw cause
    throw new QueueError('UNDECODABLE', `The plan of ${what} cannot be read.`, { cause })
  }
}

function boundText(value: unknown, serializer: Codec['serializer']): string {
  const bytes = Buffer.from(serializer.encode(value))
  return serializer.contentType === JSON_TYPE ? bytes.toString() : bytes.toString('base64')
}

function lazily(text: string, serializer: Codec['serializer']): { readonly value: unknown } {
  const encoding = serializer.contentType === JSON_TYPE ? 'utf8' : 'base64'
  return {
    get value() {
      return serializer.decode(Buffer.from(text, encoding))
    },
  }
}
