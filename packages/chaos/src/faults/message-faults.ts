import type { Delivery, Message } from '@bananasjs/core/contract'
import type { ChaosController } from './chaos-controller.ts'
import { subjectOfMessage } from './subjects.ts'
import type { Subject } from './matches.ts'

type Place = 'publish' | 'receive'

export interface MessagePlace {
  readonly place: Place
  readonly queue: string
  /** The broker's limits. */
  readonly maxMessageBytes: number
  readonly maxDelayMs: number
}

/** What becomes of messages on their way; may be more than went in, and in another order. */
export function hurtMessages(
  controller: ChaosController,
  messages: readonly Message[],
  where: MessagePlace,
): readonly Message[] {
  const hurt = messages.map((message) => hurtOne(controller, message, where))
  return where.place === 'publish' ? shuffled(controller, hurt, where) : hurt
}

/** The same for what a worker gets. Receipts stay with their messages. */
export function hurtDeliveries(
  controller: ChaosController,
  deliveries: readonly Delivery[],
  where: MessagePlace,
): readonly Delivery[] {
  const hurt = deliveries.map((delivery) => ({
    ...delivery,
    message: hurtOne(controller, delivery.message, where),
  }))
  return shuffled(controller, hurt, where)
}

/** Copies of those messages that are to be sent once more. */
export function duplicates(
  controller: ChaosController,
  messages: readonly Message[],
  queue: string,
): readonly Message[] {
  if (!controller.has('message.duplicate')) return []
  return messages.filter(
    (message) =>
      controller.bite('message.duplicate', subjectOfMessage(message, queue, 'broker.publish')) !== undefined,
  )
}

function hurtOne(controller: ChaosController, message: Message, where: MessagePlace): Message {
  const method = where.place === 'publish' ? 'broker.publish' : 'consumer.receive'
  const subject = subjectOfMessage(message, where.queue, method)
  const hurt = hurtBody(controller, message, subject, where)
  return where.place === 'publish' ? delayed(controller, hurt, subject, where) : hurt
}

// oxlint-disable-next-line max-params -- a message, whose it is, and where
function hurtBody(
  controller: ChaosController,
  message: Message,
  subject: Subject,
  where: MessagePlace,
): Message {
  const body = hurtBytes(controller, message.body, subject, where)
  const type = biteAt(controller, 'message.content-type', subject, where.place)
  if (type === undefined) return body === message.body ? message : { ...message, body }
  const contentType = type.fault.value ?? 'application/x-chaos'
  return { ...message, body, headers: { ...message.headers, 'content-type': contentType } }
}

// oxlint-disable-next-line max-params -- bytes, whose they are, and where
function hurtBytes(
  controller: ChaosController,
  bytes: Uint8Array,
  subject: Subject,
  { place, maxMessageBytes }: MessagePlace,
): Uint8Array {
  let body = bytes
  if (body.length > 0) {
    const corrupt = biteAt(controller, 'message.corrupt', subject, place)
    if (corrupt !== undefined) body = flipBits(body, corrupt.fault.bits ?? 8, () => corrupt.chance())
    const truncate = biteAt(controller, 'message.truncate', subject, place)
    if (truncate !== undefined) body = body.slice(0, truncate.fault.to ?? Math.floor(body.length / 2))
  }
  const oversize = place === 'publish' ? controller.bite('message.oversize', subject) : undefined
  return oversize === undefined ? body : grown(body, oversize.fault.bytes ?? maxMessageBytes + 1)
}

function biteAt<Kind extends 'message.corrupt' | 'message.truncate' | 'message.content-type'>(
  controller: ChaosController,
  kind: Kind,
  subject: Subject,
  place: Place,
): ReturnType<typeof controller.bite<Kind>> {
  if (!controller.has(kind)) return undefined
  return controller.bite(kind, subject, (fault) => (fault.place ?? 'publish') === place)
}

// oxlint-disable-next-line max-params -- a message, whose it is, and where
function delayed(
  controller: ChaosController,
  message: Message,
  subject: Subject,
  { maxDelayMs }: MessagePlace,
): Message {
  if (maxDelayMs <= message.delayMs) return message
  const late = controller.bite('message.delay', subject)
  if (late === undefined) return message
  return { ...message, delayMs: Math.min(maxDelayMs, message.delayMs + Math.round(late.draw(late.fault.by))) }
}

/** Fisher and Yates, with the fault's own draws. */
function shuffled<T>(
  controller: ChaosController,
  items: readonly T[],
  { place, queue }: MessagePlace,
): readonly T[] {
  if (items.length < 2 || !controller.has('message.reorder')) return items
  const method = place === 'publish' ? 'broker.publish' : 'consumer.receive'
  const reorder = controller.bite(
    'message.reorder',
    { queue, method },
    (fault) => (fault.place ?? 'receive') === place,
  )
  if (reorder === undefined) return items
  const mixed = [...items]
  for (let at = mixed.length - 1; at > 0; at -= 1) {
    const other = Math.floor(reorder.chance() * (at + 1))
    ;[mixed[at], mixed[other]] = [mixed[other]!, mixed[at]!]
  }
  return mixed
}

function flipBits(body: Uint8Array, bits: number, chance: () => number): Uint8Array {
  const copy = Uint8Array.from(body)
  for (let flipped = 0; flipped < bits; flipped += 1) {
    const bit = Math.floor(chance() * copy.length * 8)
    copy[bit >> 3]! ^= 1 << (bit & 7)
  }
  return copy
}

/** No larger than a gibibyte: a broker without a limit must not take the process along. */
function grown(body: Uint8Array, bytes: number): Uint8Array {
  const copy = new Uint8Array(Math.min(bytes, 2 ** 30))
  copy.set(body.subarray(0, copy.length))
  return copy
}
