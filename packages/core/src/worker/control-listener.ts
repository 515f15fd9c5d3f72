import type { Subscription } from '../contract/channel.ts'
import { CommandReader } from '../control/command.ts'
import type { Command, CommandName, Reply } from '../control/command.ts'
import { sleep } from '../runtime/sleep.ts'
import type { Parts } from '../task/parts.ts'
import { topicsOf } from '../task/topics.ts'

export type CommandHandlers = Readonly<
  Record<CommandName, (args: Readonly<Record<string, unknown>>) => unknown>
>

export interface ControlListenerOptions {
  readonly parts: Parts
  readonly workerId: string
  readonly handlers: CommandHandlers
  readonly onRefused: (why: string) => void
}

const RETRY_MS = 1000

/** Hears commands on the control topic, carries out those for this worker, and replies. */
export class ControlListener {
  readonly #options: ControlListenerOptions
  readonly #stop = new AbortController()
  readonly #reader: CommandReader
  #running: Promise<void> | undefined

  constructor(options: ControlListenerOptions) {
    this.#options = options
    this.#reader = new CommandReader(options.parts)
  }

  /** Resolves once commands are heard; without a channel nothing ever is. */
  async start(): Promise<void> {
    const subscription = await this.#listen().catch((error: unknown) => {
      // A worker that is told to stop while it starts has nothing to report.
      if (this.#stop.signal.aborted) return undefined
      throw error
    })
    if (subscription !== undefined) this.#running = this.#run(subscription)
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #listen(): Promise<Subscription | undefined> {
    const { parts } = this.#options
    return parts.channel?.listen([topicsOf(parts.namespace).control], { signal: this.#stop.signal })
  }

  async #run(first: Subscription): Promise<void> {
    let subscription: Subscription | undefined = first
    const { signal } = this.#stop
    while (!signal.aborted) {
      try {
        subscription ??= await this.#listen()
        for await (const message of subscription!) void this.#hear(message.payload)
      } catch {
        // Listening again below; control is lossy by contract.
      }
      subscription = undefined
      if (!signal.aborted) await sleep(this.#options.parts.runtime, RETRY_MS, signal).catch(() => {})
    }
  }

  async #hear(payload: Uint8Array): Promise<void> {
    const heard = this.#reader.read(payload)
    if ('refused' in heard) return this.#options.onRefused(heard.refused)
    const { command } = heard
    if (command.to !== undefined && !command.to.includes(this.#options.workerId)) return
    const reply = await this.#carryOut(command)
    if (command.replyTo === undefined) return
    // A reply nobody waits for any more is no error.
    await this.#options.parts.channel
      ?.broadcast(command.replyTo, Buffer.from(JSON.stringify(reply)))
      .catch(() => {})
  }

  async #carryOut(command: Command): Promise<Reply> {
    const { handlers, workerId } = this.#options
    const answer = { command: command.command, worker: workerId }
    if (!Object.hasOwn(handlers, command.command))
      return {
        ...answer,
        error: `Unknown command. This worker accepts: ${Object.keys(handlers).join(', ')}.`,
      }
    try {
      return { ...answer, value: await handlers[command.command](command.args ?? {}) }
    } catch (error) {
      return { ...answer, error: error instanceof Error ? error.message : String(error) }
    }
  }
}
