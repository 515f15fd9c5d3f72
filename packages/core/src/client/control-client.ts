import type { Channel } from '../contract/channel.ts'
import { sendCommand } from '../control/command.ts'
import type { CommandBody, CommandName, Reply } from '../control/command.ts'
import { QueueError } from '../errors.ts'
import type { Timer } from '../runtime/runtime.ts'
import { checkOptions } from '../task/check-options.ts'
import { parseDuration } from '../task/duration.ts'
import type { Duration } from '../task/duration.ts'
import { requireChannel } from '../task/parts.ts'
import type { Parts } from '../task/parts.ts'
import { topicsOf } from '../task/topics.ts'

export interface CommandOptions {
  /** Worker ids; default all. */
  readonly to?: readonly string[]
  /** How long to gather replies when it is not known how many come. Default 1 s. */
  readonly wait?: Duration
  readonly args?: Readonly<Record<string, unknown>>
}

const COMMAND_OPTIONS: Readonly<Record<keyof CommandOptions, true>> = { to: true, wait: true, args: true }

/** Talks to workers, wherever they run. */
export class ControlClient {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Sends a command and gathers the replies that come within `wait`, or until every worker in `to` has answered. */
  async send(command: CommandName, options: CommandOptions = {}): Promise<readonly Reply[]> {
    checkCommand(command, options)
    const waitMs = parseDuration(options.wait ?? 1000, 'wait')
    await this.#parts.ready()
    const channel = requireChannel(this.#parts, `The command "${command}"`)
    const replyTo = topicsOf(this.#parts.namespace).reply(this.#parts.runtime.id())
    const body: CommandBody = {
      command,
      replyTo,
      ...(options.args && { args: options.args }),
      ...(options.to && { to: options.to }),
    }
    return this.#gather(channel, body, { replyTo, waitMs, expected: options.to?.length ?? Infinity })
  }

  async #gather(
    channel: Channel,
    body: CommandBody,
    how: { replyTo: string; waitMs: number; expected: number },
  ): Promise<readonly Reply[]> {
    const controller = new AbortController()
    const replies: Reply[] = []
    const subscription = await channel.listen([how.replyTo], { signal: controller.signal })
    let timer: Timer | undefined
    try {
      await sendCommand(this.#parts, body)
      timer = this.#parts.runtime.setTimer(() => controller.abort(), how.waitMs)
      for await (const message of subscription) {
        const reply = readReply(message.payload)
        if (reply !== undefined) replies.push(reply)
        if (replies.length >= how.expected) break
      }
    } finally {
      timer?.cancel()
      controller.abort()
    }
    return replies
  }
}

function checkCommand(command: CommandName, options: CommandOptions): void {
  checkOptions(options, COMMAND_OPTIONS, `The command "${command}"`)
  if (options.to === undefined || Array.isArray(options.to)) return
  throw new QueueError('INVALID', `The command "${command}": "to" must be a list of worker ids.`)
}

/** Whoever can write to the channel can write nonsense: it is no reply. */
function readReply(payload: Uint8Array): Reply | undefined {
  try {
    const reply = JSON.parse(Buffer.from(payload).toString()) as Partial<Reply> | null
    return typeof reply?.worker === 'string' && typeof reply.command === 'string'
      ? (reply as Reply)
      : undefined
  } catch {
    return undefined
  }
}
