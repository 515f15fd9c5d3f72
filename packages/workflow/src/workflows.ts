import { parseDuration, QueueError } from '@bananasjs/core'
import type { Duration, EndedTask, Plugin, PluginHost, TaskContext } from '@bananasjs/core'
import { Engine } from './engine/engine.ts'
import type { EngineOptions } from './engine/engine.ts'
import { nodeEnd } from './engine/node-end.ts'
import type { NodeEnd } from './engine/node-end.ts'
import { errorOf, readResults } from './engine/node-results.ts'
import { readInput } from './engine/read-input.ts'
import { compilePlan } from './plan/compile-plan.ts'
import { HEADER, PLUGIN, readRef } from './plan/node-ref.ts'
import { PlanStore } from './plan/plan-store.ts'
import type { PlanView } from './plan/plan-store.ts'
import { WorkflowRun } from './run/workflow-run.ts'
import type { InputOf, Linkable, OutputOf } from './signature/signature.ts'
import { blueprintOf } from './signature/signature-value.ts'

export interface WorkflowsOptions {
  /** How long plans and results of workflows are kept. Default 7 days. */
  readonly keep?: Duration
  /** Hears, in this process, of every step that ended here. What it throws is reported and changes nothing. */
  readonly onStepEnd?: (end: StepReport) => void
  /** Hears of what went wrong and was dealt with. Default: one line each on standard error. */
  readonly onError?: (error: QueueError) => void
}

export type StepReport = Pick<EndedTask, 'id' | 'task' | 'state' | 'output' | 'error' | 'attempt'> & {
  readonly workflow: string
}

export interface StartOptions {
  /** Your own id, as idempotency key: starting twice under one id starts once. At most 200 bytes. */
  readonly id?: string
  /** The whole workflow fails after this long: what has not started by then never does. */
  readonly timeout?: Duration
  /** Of the handler that starts it: the id then follows from the task's, so that a handler that runs twice starts it once. */
  readonly context?: TaskContext
}

/** Input may be left out when the first step takes none. */
export type StartArguments<In> = undefined extends In
  ? [input?: In, options?: StartOptions]
  : [input: In, options?: StartOptions]

/**
 * Workflows of one application: a plugin for it, and what starts and finds them.
 * `const flows = workflows(); new Bananas({ transport, plugins: [flows] })`. Every worker that runs steps needs it.
 */
export function workflows(options: WorkflowsOptions = {}): Workflows {
  return new Workflows(options)
}

const LONGEST_ID = 200

export class Workflows implements Plugin {
  readonly name = PLUGIN
  readonly #options: WorkflowsOptions
  readonly #keepMs: number
  readonly #started = new WeakMap<TaskContext, number>()
  #engine: Engine | undefined
  #parts: EngineOptions | undefined

  constructor(options: WorkflowsOptions) {
    this.#options = options
    this.#keepMs = parseDuration(options.keep ?? '7d', 'workflows: keep')
  }

  /** Called by the application. @throws QueueError INVALID when given to two applications */
  attach(host: PluginHost): void {
    if (this.#parts !== undefined)
      throw new QueueError(
        'INVALID',
        'workflows() belongs to one application. Make another for the other one.',
      )
    const { onError = toStandardError } = this.#options
    this.#parts = { host, plans: new PlanStore(host), keepMs: this.#keepMs, onError }
    this.#engine = new Engine(this.#parts)
  }

  /**
   * Resolves once the plan and every first step are durable.
   * @throws QueueError INVALID, CONFLICT when another workflow has this id, UNSUPPORTED without a result backend (but for
   * chains of a few steps), CONNECTION_LOST (start it again under the same id)
   */
  async start<L extends Linkable>(
    link: L,
    ...[input, options = {}]: StartArguments<InputOf<L>>
  ): Promise<WorkflowRun<OutputOf<L>>> {
    const { host, plans } = this.#source
    await host.ready()
    const id = this.#idOf(options)
    const now = host.runtime.now()
    const plan = compilePlan(blueprintOf(link), {
      startedAt: now,
      deadlineAt: options.timeout === undefined ? undefined : now + parseDuration(options.timeout, 'timeout'),
      keepMs: this.#keepMs,
      input: input === undefined ? undefined : { value: input },
    })
    const small = plans.inline(plan) !== undefined
    const saved = host.results === undefined && small ? undefined : await plans.save(id, plan)
    const head = saved?.head ?? plan.head
    const view: PlanView = { flow: id, head, node: (at) => plan.nodes[at]! }
    const inline = small ? plans.inline({ head, nodes: plan.nodes }) : undefined
    await this.#running.start(view, { again: saved?.fresh === false, inline })
    return this.run(id)
  }

  /** The handle of any workflow, by id. */
  run<Out = unknown>(id: string): WorkflowRun<Out> {
    return new WorkflowRun(id, this.#source)
  }

  /**
   * `return flows.become(context, chain(…))`: what a step does is decided while it runs. The new steps are added to the
   * step's own workflow; its result is theirs, and whoever waits for it waits for them.
   */
  async become<L extends Linkable>(
    context: TaskContext,
    link: L,
    ...[input]: undefined extends InputOf<L> ? [input?: InputOf<L>] : [input: InputOf<L>]
  ): Promise<OutputOf<L>> {
    const { host, plans } = this.#source
    const ref = context.headers[HEADER.ref]
    if (readRef(context.headers) === undefined || ref === undefined)
      throw new QueueError(
        'INVALID',
        `Task "${context.task}" (${context.id}) belongs to no workflow, so it cannot become one. Start one: flows.start(…).`,
      )
    const flow = `${context.id}.then`
    const plan = compilePlan(blueprintOf(link), {
      startedAt: host.runtime.now(),
      keepMs: this.#keepMs,
      parent: { id: context.id, ref },
      input: input === undefined ? undefined : { value: input },
    })
    await plans.save(flow, plan)
    return { 'bananas-workflow': flow } as OutputOf<L>
  }

  /** Called by the worker: runs what has not ended yet, with the input it waited for. */
  async execute(
    context: TaskContext,
    next: (instead?: { readonly input: unknown }) => Promise<unknown>,
  ): Promise<unknown> {
    const { headers, id } = context
    const ref = readRef(headers)
    if (ref === undefined) return next()
    const read = HEADER.read in headers
    if (read || HEADER.again in headers || context.deliveries > context.attempt) {
      const result = (await readResults(this.#source.host, [id])).get(id)
      if (result?.state === 'succeeded') return result.value()
      if (result?.final === true) return context.discard(errorOf(result).message)
    }
    return read ? next({ input: await readInput(this.#source, ref, headers[HEADER.plan]) }) : next()
  }

  /** Called by the worker: carries on what waits for these tasks. */
  async finish(ended: readonly EndedTask[]): Promise<void> {
    const ends: NodeEnd[] = []
    for (const task of ended) {
      const end = nodeEnd(task)
      if (end === undefined) continue
      this.#tell(task, end)
      ends.push(end)
    }
    if (ends.length > 0) await this.#running.advance(await this.#asStored(ended, ends))
  }

  /** What was stored first stands, whatever a later run returned. */
  async #asStored(ended: readonly EndedTask[], ends: readonly NodeEnd[]): Promise<readonly NodeEnd[]> {
    if (!ends.some(({ again }) => again)) return ends
    const { host } = this.#source
    const tasks = ended.filter(({ headers }) => readRef(headers) !== undefined)
    const doubtful = tasks.filter((_, at) => ends[at]!.again).map(({ id }) => id)
    const results = await readResults(host, doubtful)
    return ends.map((end, at) => {
      const result = end.again ? results.get(tasks[at]!.id) : undefined
      if (result === undefined || !result.final) return end
      const { value: _, error: _error, ...rest } = end
      if (result.state !== 'succeeded') return { ...rest, ok: false, error: errorOf(result) }
      return { ...rest, ok: true, value: { value: result.value() } }
    })
  }

  #tell({ id, task, state, output, error, attempt }: EndedTask, { flow }: NodeEnd): void {
    const { onStepEnd, onError = toStandardError } = this.#options
    if (onStepEnd === undefined) return
    try {
      onStepEnd({ workflow: flow, id, task, state, output, attempt, ...(error !== undefined && { error }) })
    } catch (cause) {
      onError(
        new QueueError('TASK_FAILED', `onStepEnd failed of step ${id}; the step is as it was.`, { cause }),
      )
    }
  }

  #idOf({ id, context }: StartOptions): string {
    if (id !== undefined) {
      if (typeof id === 'string' && id !== '' && Buffer.byteLength(id) <= LONGEST_ID && id.isWellFormed())
        return id
      throw new QueueError('INVALID', `A workflow's id must be a string of 1 to ${LONGEST_ID} bytes.`)
    }
    if (context === undefined) return this.#source.host.runtime.id()
    const count = (this.#started.get(context) ?? 0) + 1
    this.#started.set(context, count)
    return `${context.id}.sub${count}`
  }

  get #source(): EngineOptions {
    if (this.#parts !== undefined) return this.#parts
    throw new QueueError(
      'INVALID',
      'These workflows belong to no application yet: new Bananas({ transport, plugins: [flows] }).',
    )
  }

  get #running(): Engine {
    void this.#source
    return this.#engine!
  }
}

function toStandardError(error: QueueError): void {
  process.stderr.write(`bananas: ${error.code}: ${error.message}\n`)
}
