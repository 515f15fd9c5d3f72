import type { PluginHost } from '@bananasjs/core'
import type { Serializer } from '@bananasjs/core/contract'
import type { Life } from './life.ts'
import { decodePart, encodePart, packBound, unpackBound } from './plan-codec.ts'
import type { Bound } from './plan-codec.ts'

/** As it is stored. */
interface StoredLife extends Omit<Life, 'inputs'> {
  readonly inputs: Readonly<Record<string, { readonly bound: string }>>
}

export function encodeLife(life: Life, serializer: Serializer): Buffer {
  const inputs = mapInputs(life.inputs, (bound: Bound) => packBound(bound, serializer))
  return encodePart({ ...life, inputs } satisfies StoredLife, serializer)
}

/** @throws QueueError UNDECODABLE */
export function decodeLife(bytes: Uint8Array, flow: string, host: PluginHost): Life {
  const { part, serializer } = decodePart<StoredLife>(bytes, flow, host)
  return { ...part, inputs: mapInputs(part.inputs, (text: string) => unpackBound(text, serializer)) }
}

function mapInputs<From, To>(
  inputs: Readonly<Record<string, { readonly bound: From }>>,
  change: (bound: From) => To,
): Record<string, { readonly bound: To }> {
  return Object.fromEntries(
    Object.entries(inputs).map(([node, { bound }]) => [node, { bound: change(bound) }]),
  )
}
