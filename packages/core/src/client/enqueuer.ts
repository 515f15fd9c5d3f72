import type { Failure } from '../contract/failure.ts'
import type { Message } from '../contract/message.ts'
import { race } from '../contract/race.ts'
import { claimUnique, confirmUnique, withdrawUnique } from '../emulation/unique-by-swap.ts'
import type { Claim } from '../emulation/unique-by-swap.ts'
import { QueueError } from '../errors.ts'
import { crypto } from '../runtime/builtins.ts'
import { checkOptions } from '../task/check-options.ts'
import { checkId } from '../task/check-values.ts'
import { checkTask } from '../task/define-task.ts'
import { parseDuration } from '../task/duration.ts'
import { ENQUEUE_OPTIONS } from '../task/enqueue-options.ts'
import type { EnqueueOptions, EnqueueRequest, NamedInput } from '../task/enqueue-options.ts'
import { HEADER } from '../task/envelope.ts'
import type { EventPublisher } from '../task/event-publisher.ts'
import { requireResults } from '../task/parts.ts'
import type { Parts } from '../task/parts.ts'
import type { Enqueued } from '../task/plugin.ts'
import { validate } from '../task/validate.ts'
import { buildFrame, buildMessage } from './build-message.ts'
import type { Frame } from './build-message.ts'
import { atPosition, eachForItself, outcomesOf, partialFailure } from './partial-failure.ts'
import { publishAll, PublishBatcher } from './publish-batcher.ts'

const DAY_MS = 86_400_000

/** Turns requests into messages, through the plugins, and hands them to the broker. */
export class Enqueuer {
  readonly #parts: Parts
  readonly #batcher: PublishBatcher
  readonly #events: EventPublisher
  readonly #send: (request: EnqueueRequest) => Promise<Enqueued>
  readonly #hasPlugins: boolean

  constructor(parts: Parts, events: EventPublisher) {
    this.#parts = parts
    this.#events = events
    this.#batcher = new PublishBatcher(parts.broker)
    const layers = parts.plugins.filter((plugin) => plugin.enqueue !== undefined)
    this.#hasPlugins = layers.length > 0
    this.#send = layers.reduceRight<(request: EnqueueRequest) => Promise<Enqueued>>(
      (next, plugin) => (request) => plugin.enqueue!(request, next),
      (request) => this.#enqueue(request),
    )
  }

  async one(request: EnqueueRequest): Promise<Enqueued> {
    const { task, options } = request
    checkTask(task, 'enqueue')
    checkOptions(options, ENQUEUE_OPTIONS, `Task "${task.name}"`)
    if (options.signal === undefined) return this.#ready(request)
    options.signal.throwIfAborted()
    return race(this.#ready(request), options.signal)
  }

  async #ready(request: EnqueueRequest): Promise<Enqueued> {
    await this.#parts.ready()
    return this.#send(request)
  }

  /** All or, when one input is invalid, none; afterwards each message for itself. Resolves with the ids, in order. */
  async many(
    task: EnqueueRequest['task'],
    inputs: readonly unknown[],
    options: EnqueueOptions,
  ): Promise<readonly Enqueued[]> {
    checkTask(task, 'enqueueMany')
    checkOptions(options, ENQUEUE_OPTIONS, `Task "${task.name}"`)
    if (options.id !== undefined)
      throw new QueueError(
        'INVALID',
        `Task "${task.name}": enqueueMany makes its own ids; "id" fits only one.`,
      )
    await this.#parts.ready()
    if (this.#hasPlugins) return eachForItself(inputs, (input) => this.#send({ task, input, options }))
    const frame = buildFrame(this.#parts, task, options)
    const messages = await this.#prepare(task, frame, inputs)
    if (options.unique !== undefined)
      return eachForItself(messages, (message) => this.#enqueueUnique({ task, options }, frame, message))
    const failures: readonly Failure[] = await publishAll(
      this.#parts.broker,
      frame.lane,
      messages,
      options.signal,
    )
    if (this.#events.wanted) for (const message of messages) this.#announce(message.id, task.name, frame)
    if (failures.length > 0) throw partialFailure(failures, messages.length)
    return messages.map((message) => ({ id: message.id, duplicate: false }))
  }

  /** Each under the id it comes with, and each for itself. Answers with those that were not sent. */
  async named(
    request: Omit<EnqueueRequest, 'input'>,
    members: readonly NamedInput[],
  ): Promise<readonly Failure[]> {
    const { task, options } = request
    checkTask(task, 'enqueueMany')
    checkOptions(options, ENQUEUE_OPTIONS, `Task "${task.name}"`)
    await this.#parts.ready()
    if (this.#hasPlugins || options.unique !== undefined || task.inputSchema !== undefined) {
      const { failures } = await outcomesOf(members, ({ id, input }) =>
        this.#send({ task, input, options: { ...options, id } }),
      )
      return failures
    }
    const frame = buildFrame(this.#parts, task, options)
    const failures: Failure[] = []
    const messages: Message[] = []
    const positions: number[] = []
    for (const [index, { id, input }] of members.entries()) {
      try {
        checkId(id, `Task "${task.name}": the id`)
        messages.push(buildMessage(this.#parts, frame, input, id))
        positions.push(index)
      } catch (error) {
        if (!QueueError.is(error)) throw error
        failures.push({ index, error })
      }
    }
    for (const { index, error } of await publishAll(this.#parts.broker, frame.lane, messages, options.signal))
      failures.push({ index: positions[index]!, error })
    if (this.#events.wanted) for (const message of messages) this.#announce(message.id, task.name, frame)
    return failures
  }

  /** Every input checked and encoded before the first is sent. @throws QueueError INVALID naming the position */
  async #prepare(
    task: EnqueueRequest['task'],
    frame: Frame,
    inputs: readonly unknown[],
  ): Promise<readonly Message[]> {
    const messages: Message[] = []
    // By index: a hole in the list is an input that is undefined.
    for (let index = 0; index < inputs.length; index += 1) {
      try {
        if (task.inputSchema !== undefined)
          await validate(task.inputSchema, inputs[index], `The input of task "${task.name}"`)
        messages.push(buildMessage(this.#parts, frame, inputs[index]))
      } catch (error) {
        throw atPosition(index, inputs.length, error)
      }
    }
    return messages
  }

  async #enqueue(request: EnqueueRequest): Promise<Enqueued> {
    const { task, input, options } = request
    if (options.id !== undefined) checkId(options.id, `Task "${task.name}": the id`)
    if (task.inputSchema !== undefined)
      await validate(task.inputSchema, input, `The input of task "${task.name}"`)
    const frame = buildFrame(this.#parts, task, options)
    const message = buildMessage(this.#parts, frame, input, options.id)
    if (options.unique !== undefined) return this.#enqueueUnique(request, frame, message)
    await this.#batcher.add(frame.lane, message)
    if (this.#events.wanted) this.#announce(message.id, task.name, frame)
    return { id: message.id, duplicate: false }
  }

  async #enqueueUnique(
    { task, options }: Omit<EnqueueRequest, 'input'>,
    frame: Frame,
    message: Message,
  ): Promise<Enqueued> {
    const results = requireResults(this.#parts, `Task "${task.name}": "unique"`)
    const claim = this.#claim(task.name, options, frame.delayMs, message)
    const holder = await claimUnique(results, this.#parts.runtime, claim)
    if (holder !== message.id) return { id: holder, duplicate: true }
    const until = options.unique!.until ?? (options.unique!.for === undefined ? 'finished' : undefined)
    const headers = {
      ...message.headers,
      [HEADER.unique]: claim.key,
      ...(until !== undefined && { [HEADER.uniqueUntil]: until }),
    }
    try {
      await this.#batcher.add(frame.lane, { ...message, headers })
    } catch (error) {
      // After a lost connection the message may be stored: then only time frees the key.
      if (!QueueError.is(error, 'CONNECTION_LOST')) await withdrawUnique(results, claim)
      throw error
    }
    await confirmUnique(results, claim)
    if (this.#events.wanted) this.#announce(message.id, task.name, frame)
    return { id: message.id, duplicate: false }
  }

  #claim(task: string, { unique = {}, signal }: EnqueueOptions, delayMs: number, message: Message): Claim {
    return {
      key: `${this.#parts.namespace}.unique.${task}.${unique.key ?? digest(message.body)}`,
      id: message.id,
      mode: unique.mode ?? 'keep-first',
      ttlMs:
        unique.for === undefined ? delayMs + DAY_MS : parseDuration(unique.for, `Task "${task}": unique.for`),
      signal,
    }
  }

  #announce(id: string, task: string, frame: Frame): void {
    this.#events.emit({ type: 'task.sent', id, task, queue: frame.lane })
  }
}

function digest(body: Uint8Array): string {
  return crypto().createHash('sha256').update(body).digest('base64url')
}
