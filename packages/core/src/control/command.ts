import { QueueError } from '../errors.ts'
import { crypto } from '../runtime/builtins.ts'
import type { Parts } from '../task/parts.ts'
import { show } from '../task/show.ts'
import { topicsOf } from '../task/topics.ts'

export type CommandName =
  | 'ping'
  | 'inspect'
  | 'pause'
  | 'resume'
  | 'concurrency'
  | 'revoke'
  | 'shutdown'
  | 'events'

export interface CommandBody {
  readonly command: CommandName
  readonly args?: Readonly<Record<string, unknown>>
  /** Worker ids; absent = all. */
  readonly to?: readonly string[] | undefined
  readonly replyTo?: string | undefined
}

/** A command on the wire: JSON on the control topic; with a shared secret, signed. */
export interface Command extends CommandBody {
  readonly id: string
  /** Epoch ms of sending. */
  readonly at: number
  readonly signature?: string
}

export interface Reply {
  readonly command: string
  readonly worker: string
  readonly value?: unknown
  readonly error?: string
}

/** Older or newer than this, a signed command is refused, and nonces need be kept no longer. */
const WINDOW_MS = 30_000

/** Sends a command if there is a channel to send it on; resolves with its id. @throws QueueError INVALID for arguments that are no JSON */
export async function sendCommand(parts: Parts, body: CommandBody): Promise<string> {
  // As the reader will see them, so that both sign the same.
  const args = body.args === undefined ? undefined : plain(body.args, body.command)
  const unsigned = { ...body, ...(args && { args }), id: parts.runtime.id(), at: parts.runtime.now() }
  const command: Command =
    parts.secret === undefined ? unsigned : { ...unsigned, signature: sign(parts.secret, unsigned) }
  await parts.channel?.broadcast(topicsOf(parts.namespace).control, Buffer.from(JSON.stringify(command)))
  return command.id
}

function plain(args: NonNullable<CommandBody['args']>, command: string): NonNullable<CommandBody['args']> {
  try {
    return JSON.parse(JSON.stringify(args)) as typeof args
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : show(cause)
    throw new QueueError('INVALID', `The arguments of "${command}" cannot be written as JSON: ${why}.`, {
      cause,
    })
  }
}

/** Reads commands and refuses forged, stale and replayed ones. */
export class CommandReader {
  readonly #parts: Parts
  readonly #seen = new Map<string, number>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** The command, or the reason why it is refused. */
  read(payload: Uint8Array): { readonly command: Command } | { readonly refused: string } {
    const command = parse(payload)
    if (command === undefined) return { refused: 'it is not a command' }
    const { secret, runtime } = this.#parts
    if (secret === undefined) return { command }
    const { signature, ...unsigned } = command
    if (signature === undefined || !equal(signature, sign(secret, unsigned)))
      return { refused: 'its signature is missing or wrong' }
    if (!(Math.abs(runtime.now() - command.at) <= WINDOW_MS))
      return { refused: 'it is stale (more than 30 s off this clock)' }
    if (this.#isReplay(command)) return { refused: 'it was replayed' }
    return { command }
  }

  #isReplay(command: Command): boolean {
    const now = this.#parts.runtime.now()
    // Insertion order is time order, so the outdated are in front.
    for (const [id, at] of this.#seen) {
      if (at > now - 2 * WINDOW_MS) break
      this.#seen.delete(id)
    }
    if (this.#seen.has(command.id)) return true
    this.#seen.set(command.id, now)
    return false
  }
}

function parse(payload: Uint8Array): Command | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(payload).toString())
    return typeof value === 'object' && value !== null && isCommand(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isCommand(value: Partial<Command>): value is Command {
  const { command, id, at, to, args } = value
  const named = typeof command === 'string' && typeof id === 'string' && typeof at === 'number'
  return (
    named &&
    (to === undefined || Array.isArray(to)) &&
    (args === undefined || (typeof args === 'object' && args !== null))
  )
}

function sign(secret: string, command: Omit<Command, 'signature'>): string {
  const { id, at, command: name, args, to, replyTo } = command
  const text = JSON.stringify([id, at, name, args ?? null, to ?? null, replyTo ?? null])
  return crypto().createHmac('sha256', secret).update(text).digest('base64url')
}

function equal(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && crypto().timingSafeEqual(left, right)
}
