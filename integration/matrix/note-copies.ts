import { Socket } from 'node:net'
import type { HistoryWriter } from './history.ts'

/** A nap as its input is written. */
const NAP = /\{"index":(\d+),"ms":/g

/**
 * Writes down each task that this process, which enqueues none, sends to its broker: RabbitMQ and NATS take work back as a
 * copy, and a process that is killed between the copy and the acknowledgement leaves both. Below every driver, and before
 * the bytes leave.
 * @returns how to stop it
 */
export function noteCopies(history: HistoryWriter): () => void {
  // oxlint-disable-next-line typescript/unbound-method -- called on the socket it is called on
  const write = Socket.prototype.write as (this: Socket, ...args: unknown[]) => boolean
  Socket.prototype.write = function (this: Socket, ...args: unknown[]): boolean {
    for (const [, task] of textOf(args[0]).matchAll(NAP)) history.copied(Number(task))
    return write.apply(this, args)
  }
  return () => void (Socket.prototype.write = write)
}

function textOf(chunk: unknown): string {
  if (typeof chunk === 'string') return chunk
  if (!(chunk instanceof Uint8Array)) return ''
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString('latin1')
}
