import { QueueError } from '@bananasjs/core'
import type { PluginHost } from '@bananasjs/core'
import type { PlanNode } from './plan.ts'

/** An input that a node has been given beforehand. */
interface Bound {
  readonly value: unknown
}

type Codec = Pick<PluginHost, 'serializer' | 'serializerFor'>

const JSON_TYPE = 'application/json'

/**
 * The skeleton as JSON, and every bound input as its serializer wrote it: what is encrypted in messages is encrypted here.
 * First a line with the content type, then the skeleton.
 */
export function encodePart(part: unknown, { serializer }: Codec): Buffer {
  return page(
    JSON.stringify(part, (key, value: unknown) =>
      key === 'bound' ? boundText((value as Bound).value, serializer) : value,
    ),
    serializer,
  )
}

/** The same for nodes, of which there may be very many: a replacer would be called for each of their fields. */
export function encodeNodes(nodes: readonly PlanNode[], { serializer }: Codec): Buffer {
  const texts = nodes.map((node) => {
    if (node.kind === 'gate') return node
    const { bound, undo } = node
    if (bound === undefined && undo === undefined) return node
    return {
      ...node,
      ...(bound && { bound: boundText(bound.value, serializer) }),
      ...(undo?.bound && { undo: { ...undo, bound: boundText(undo.bound.value, serializer) } }),
    }
  })
  return page(JSON.stringify(texts), serializer)
}

function page(text: string, { contentType }: Codec['serializer']): Buffer {
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

function lazily(text: string, serializer: Codec['serializer']): Bound {
  const encoding = serializer.contentType === JSON_TYPE ? 'utf8' : 'base64'
  return {
    get value() {
      return serializer.decode(Buffer.from(text, encoding))
    },
  }
}
