import type { BananasOptions } from './application/bananas-options.ts'
import { checkApplication } from './application/check-application.ts'
import { ControlClient } from './client/control-client.ts'
import { Enqueuer } from './client/enqueuer.ts'
import { eventStream } from './client/event-stream.ts'
import type { EventsOptions } from './client/event-stream.ts'
import { Job } from './client/job.ts'
import { Queues } from './client/queues.ts'
import { ResultReader } from './client/result-reader.ts'
import { Revoker } from './client/revoker.ts'
import type { Broker } from './contract/broker.ts'
import type { Resource } from './contract/failure.ts'
import type { Diagnosis, Transport } from './contract/transport.ts'
import { laneCount } from './emulation/priority-lanes.ts'
import { QueueError } from './errors.ts'
import { systemRuntime } from './runtime/system-runtime.ts'
import type { Task } from './task/define-task.ts'
import { checkId } from './task/check-values.ts'
import type { EnqueueOptions } from './task/enqueue-options.ts'
import { EventPublisher } from './task/event-publisher.ts'
import type { QueueEvent } from './task/events.ts'
import { jsonSerializer } from './task/json-serializer.ts'
import { serializerFor } from './task/parts.ts'
import type { Parts } from './task/parts.ts'
import type { PluginHost } from './task/plugin.ts'
import { show } from './task/show.ts'
import { withDefaults } from './task/with-defaults.ts'
import { Worker } from './worker/worker.ts'
import type { WorkerOptions } from './worker/worker-options.ts'

/** One application: enqueue tasks, run workers, look and steer. Connects on first use. */
export class Bananas implements AsyncDisposable {
  /** Counts, dead letters, purging. */
  readonly queues: Queues
  readonly control: ControlClient
  /** The broker, for whoever needs what this class does not offer. */
  readonly broker: Broker
  /** What its plugins are given: for tools that look into what plugins keep. */
  readonly host: PluginHost
  readonly #parts: Parts
  readonly #transport: Transport
  readonly #enqueuer: Enqueuer
  readonly #reader: ResultReader
  readonly #revoker: Revoker
  readonly #events: EventPublisher
  readonly #workers = new Set<Worker>()
  #opening: Promise<void> | undefined
  #closing: Promise<void> | undefined

  constructor(options: BananasOptions) {
    this.#transport = checkApplication(options).transport
    this.broker = options.transport.broker
    this.#parts = createParts(options, () => this.#ready())
    this.#events = new EventPublisher(this.#parts, this.#parts.runtime.id(), options.events ?? 'off')
    this.#enqueuer = new Enqueuer(this.#parts, this.#events)
    this.#reader = new ResultReader(this.#parts)
    this.#revoker = new Revoker(this.#parts)
    this.queues = new Queues(this.#parts)
    this.control = new ControlClient(this.#parts)
    this.host = this.#createHost()
    for (const plugin of this.#parts.plugins) plugin.attach?.(this.host)
  }

  /**
   * Hands a task to the broker; resolves once it is as durable as the broker promises.
   * @throws QueueError INVALID (input, option), TOO_LARGE, CONFLICT (`unique`), UNSUPPORTED, CONNECTION_LOST (it is then
   * unknown whether the task was stored)
   */
  async enqueue<Input, Output, Parsed>(
    task: Task<Input, Output, Parsed>,
    ...[input, options = {}]: EnqueueArguments<Input>
  ): Promise<Job<Output>> {
    const { id, duplicate } = await this.#enqueuer.one({ task, input, options })
    return this.#job(id, duplicate)
  }

  /**
   * Many tasks in as few calls as the broker allows. From an array: resolves with their handles once all are durable, and
   * nothing is sent when one input is invalid. From an async iterable: batch by batch in bounded memory, resolving with the count.
   * @throws QueueError as `enqueue`; when only some failed, `cause` holds each failure with its position
   */
  enqueueMany<Input, Output, Parsed>(
    task: Task<Input, Output, Parsed>,
    inputs: readonly NoInfer<Input>[],
    options?: EnqueueOptions,
  ): Promise<readonly Job<Output>[]>
  enqueueMany<Input, Output, Parsed>(
    task: Task<Input, Output, Parsed>,
    inputs: AsyncIterable<NoInfer<Input>> | Iterable<NoInfer<Input>>,
    options?: EnqueueOptions,
  ): Promise<number>
  async enqueueMany(
    task: Task,
    inputs: readonly unknown[] | AsyncIterable<unknown> | Iterable<unknown>,
    options: EnqueueOptions = {},
  ): Promise<readonly Job[] | number> {
    if (!Array.isArray(inputs)) return this.#enqueueStream(task, iterable(inputs, task), options)
    const enqueued = await this.#enqueuer.many(task, inputs, options)
    return enqueued.map(({ id, duplicate }) => this.#job(id, duplicate))
  }

  /** The handle of any task, by id. Give the task for its types. @throws QueueError INVALID for what can be no id */
  job<Output = unknown>(id: string, _task?: Task<unknown, Output, unknown>): Job<Output> {
    checkId(id, 'A task id')
    return this.#job(id, false)
  }

  /** Many at once. @see Job.revoke */
  revoke(ids: readonly string[], reason?: string): Promise<void> {
    return this.#revoker.revoke(ids, reason)
  }

  /** @throws QueueError INVALID for a bad option */
  worker(options?: WorkerOptions): Worker {
    const worker = new Worker(this.#parts, options)
    this.#workers.add(worker)
    return worker
  }

  /** What happens now, everywhere, as long as the loop runs. @see eventStream */
  events(options?: EventsOptions): AsyncGenerator<QueueEvent> {
    return eventStream(this.#parts, options)
  }

  /** What the server's settings really give. */
  async diagnose(): Promise<readonly Diagnosis[]> {
    return (await this.#transport.diagnose?.()) ?? []
  }

  /** Connects now instead of on first use. */
  open(): Promise<void> {
    return this.#ready()
  }

  /** Stops the workers made here, then closes every part. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #createHost(): PluginHost {
    const { namespace, results, runtime, serializer } = this.#parts
    return {
      namespace,
      results,
      runtime,
      serializer,
      serializerFor: (contentType) => serializerFor(this.#parts, contentType),
      enqueue: (request) => this.#enqueuer.one(request),
      enqueueMany: (request, members) => this.#enqueuer.named(request, members),
      revoke: (ids, reason) => this.#revoker.revoke(ids, reason),
      result: (id, options) => this.#reader.result(id, options),
      ready: () => this.#ready(),
    }
  }

  async #enqueueStream(
    task: Task,
    inputs: AsyncIterable<unknown> | Iterable<unknown>,
    options: EnqueueOptions,
  ): Promise<number> {
    options.signal?.throwIfAborted()
    const size = Math.min(1000, this.broker.supports.maxBatch)
    let batch: unknown[] = []
    let sent = 0
    for await (const input of inputs) {
      batch.push(input)
      if (batch.length < size) continue
      sent += (await this.#enqueuer.many(task, batch, options)).length
      batch = []
    }
    return sent + (batch.length > 0 ? (await this.#enqueuer.many(task, batch, options)).length : 0)
  }

  #job<Output>(id: string, duplicate: boolean): Job<Output> {
    return new Job<Output>(id, duplicate, { reader: this.#reader, revoker: this.#revoker })
  }

  #ready(): Promise<void> {
    if (this.#closing !== undefined)
      return Promise.reject(new QueueError('CLOSED', 'This Bananas application is closed.'))
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = undefined
      throw error
    })
    return this.#opening
  }

  async #open(): Promise<void> {
    await Promise.all(this.#resources().map((part) => part.open()))
  }

  async #close(): Promise<void> {
    // A connect under way must end first, or it would leave a connection behind.
    await this.#opening?.catch(() => {})
    await Promise.all([...this.#workers].map((worker) => worker.stop()))
    await this.#events.flush()
    await Promise.all(this.#resources().map((part) => part.close()))
  }

  #resources(): readonly Resource[] {
    const { broker, results, channel } = this.#parts
    return [broker, results, channel].filter((part) => part !== undefined)
  }
}

/** Input may be left out when the task takes none. */
export type EnqueueArguments<Input> = undefined extends Input
  ? [input?: Input, options?: EnqueueOptions]
  : [input: Input, options?: EnqueueOptions]

const DEFAULTS: Required<
  Pick<BananasOptions, 'serializer' | 'serializers' | 'runtime' | 'plugins' | 'namespace' | 'lanes'>
> = {
  serializer: jsonSerializer,
  serializers: [],
  runtime: systemRuntime,
  plugins: [],
  namespace: 'bananas',
  lanes: 3,
}

function iterable(inputs: unknown, task: Task): AsyncIterable<unknown> | Iterable<unknown> {
  if (
    typeof inputs === 'object' &&
    inputs !== null &&
    (Symbol.asyncIterator in inputs || Symbol.iterator in inputs)
  )
    return inputs as AsyncIterable<unknown>
  throw new QueueError(
    'INVALID',
    `Task "${task?.name}": enqueueMany takes an array or an iterable of inputs, not ${show(inputs)}.`,
  )
}

function createParts(options: BananasOptions, ready: () => Promise<void>): Parts {
  const { transport } = options
  const { serializer, serializers, runtime, plugins, namespace, lanes } = withDefaults(DEFAULTS, options)
  return {
    namespace,
    broker: transport.broker,
    results: options.results ?? transport.results,
    channel: options.channel ?? transport.channel,
    origin: transport.origin,
    runtime,
    serializer,
    serializers: new Map([jsonSerializer, ...serializers, serializer].map((one) => [one.contentType, one])),
    plugins,
    lanes: laneCount(transport.broker.supports.priorityLevels, lanes),
    secret: options.secret,
    ready,
  }
}
