import { parseDuration, QueueError } from '@bananasjs/core'
import type { Duration, EndedTask, Plugin, PluginHost, Task, TaskContext } from '@bananasjs/core'
import { asStored } from './engine/as-stored.ts'
import { Engine } from './engine/engine.ts'
import type { EngineOptions } from './engine/engine.ts'
import type { Elsewhere, Gathered } from './engine/gather-value.ts'
import { nodeEnd } from './engine/node-end.ts'
import type { NodeEnd } from './engine/node-end.ts'
import { deadlineError, runStep } from './engine/run-step.ts'
import type { StepHost } from './engine/run-step.ts'
import { eachBlueprint } from './fan-out/each.ts'
import type { Each, EachOptions, EachOutput } from './fan-out/each.ts'
import { readMembers } from './fan-out/read-members.ts'
import { sendMembers } from './fan-out/send-members.ts'
import { Listeners } from './listeners.ts'
import type { EndListener, ListenOptions } from './listeners.ts'
import { compilePlan } from './plan/compile-plan.ts'
import { createView } from './plan/life.ts'
import type { PlanView } from './plan/life.ts'
import { PLUGIN, readRef, writeRef } from './plan/node-ref.ts'
import type { NodeRef } from './plan/node-ref.ts'
import { PlanStore } from './plan/plan-store.ts'
import { checkFlowId, followingId } from './run/flow-id.ts'
import { WorkflowRun } from './run/workflow-run.ts'
import type { Blueprint, Policy } from './signature/blueprint.ts'
import type { Follows, InputOf, Linkable, MemberOutput, OutputOf } from './signature/signature.ts'
import { blueprintOf } from './signature/signature-value.ts'

export interface WorkflowsOptions {
  /** How long plans and results of workflows are kept. Default 7 days. */
  readonly keep?: Duration
  /** Hears of what went wrong and was dealt with. Default: one line each on standard error. */
  readonly onError?: (error: QueueError) => void
}

export interface StartOptions {
  /** Your own id, as idempotency key: starting twice under one id starts once. At most 200 bytes. */
  readonly id?: string
  /** The whole workflow fails after this long: what has not started by then never does, what runs is told to stop. */
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

export class Workflows implements Plugin {
  readonly name: typeof PLUGIN = PLUGIN
  readonly #onError: (error: QueueError) => void
  readonly #keepMs: number
  readonly #started = new WeakMap<TaskContext, number>()
  readonly #listeners: Listeners
  #engine: Engine | undefined
  #parts: (EngineOptions & StepHost) | undefined

  constructor({ keep = '7d', onError = toStandardError }: WorkflowsOptions) {
    this.#onError = onError
    this.#keepMs = parseDuration(keep, 'workflows: keep')
    this.#listeners = new Listeners(onError)
  }

  /** Called by the application. @throws QueueError INVALID when given to two applications */
  attach(host: PluginHost): void {
    if (this.#parts !== undefined)
      throw new QueueError(
        'INVALID',
        'workflows() belongs to one application. Make another for the other one.',
      )
    this.#parts = {
      host,
      plans: new PlanStore(host),
      keepMs: this.#keepMs,
      onError: this.#onError,
      onDeadline: (ref) => this.#timeOut(ref),
      onEnd: (end) => this.#listeners.tell({ ...end, id: end.workflow, task: PLUGIN }),
    }
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
    const { view, again, inline } = await this.#prepare(blueprintOf(link), input, options)
    const once = options.id !== undefined || options.context !== undefined
    await this.#running.start(view, { again, inline, once })
    return this.run(view.flow)
  }

  /**
   * One task for each input, however many they are: inputs are taken as they are sent, results are read as they are wanted.
   * Resolves once all are durable. After a crash, call it again with the same id and inputs: it carries on.
   * @throws QueueError as `start`, and what `inputs` throws
   */
  async startEach<
    Input,
    Output,
    Parsed,
    const Body extends Linkable = never,
    const P extends Policy = 'failFast',
  >(
    task: Task<Input, Output, Parsed>,
    inputs: Each<NoInfer<Input>>,
    options: EachOptions<P, Body & Follows<Gathered<MemberOutput<Output, P>>, Body>> & StartOptions = {},
  ): Promise<WorkflowRun<EachOutput<Output, P, Body>>> {
    const { signal } = options
    const { view, again } = await this.#prepare(eachBlueprint(task, options), undefined, options)
    await sendMembers(this.#source, this.#running, view, { inputs, again, signal })
    await this.#running.start(view, { again })
    return this.run(view.flow)
  }

  /** The handle of any workflow, by id. */
  run<Out = unknown>(id: string): WorkflowRun<Out> {
    return new WorkflowRun(id, { source: this.#source, engine: this.#running })
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
    const { view } = await this.#follow(context, blueprintOf(link), input)
    return elsewhere(view.flow) as OutputOf<L>
  }

  /** `return flows.becomeEach(context, task, inputs)`: as `become`, with one task for each input. @see startEach */
  // oxlint-disable-next-line max-params -- the members of a step: whose, what, with which inputs, and how
  async becomeEach<
    Input,
    Output,
    Parsed,
    const Body extends Linkable = never,
    const P extends Policy = 'failFast',
  >(
    context: TaskContext,
    task: Task<Input, Output, Parsed>,
    inputs: Each<NoInfer<Input>>,
    options: EachOptions<P, Body & Follows<Gathered<MemberOutput<Output, P>>, Body>> = {},
  ): Promise<EachOutput<Output, P, Body>> {
    const { view, again } = await this.#follow(context, eachBlueprint(task, options), undefined)
    const { signal = context.signal } = options
    await sendMembers(this.#source, this.#running, view, { inputs, again, signal })
    return elsewhere(view.flow) as EachOutput<Output, P, Body>
  }

  /** What the members of a fan-out returned, in the order of their inputs, page by page. @see readMembers */
  async *results<Out>(gathered: Gathered<Out>): AsyncGenerator<Out> {
    await this.#source.host.ready()
    yield* readMembers(this.#source, gathered) as AsyncGenerator<Out>
  }

  /** Hears, in this process, of every step and workflow that succeeded here. Returns what ends it. */
  onSuccess(listener: EndListener, options: ListenOptions = {}): () => void {
    return this.#listeners.add('success', listener, options)
  }

  /** Hears, in this process, of every step and workflow that ended here otherwise than well. */
  onFailure(listener: EndListener, options: ListenOptions = {}): () => void {
    return this.#listeners.add('failure', listener, options)
  }

  /** Hears, in this process, of every step and workflow that ended here. */
  onComplete(listener: EndListener, options: ListenOptions = {}): () => void {
    return this.#listeners.add('complete', listener, options)
  }

  /** Called by the worker: runs what has not ended yet, with the input it waited for. */
  execute(
    context: TaskContext,
    next: (instead?: { readonly input: unknown }) => Promise<unknown>,
  ): Promise<unknown> {
    return runStep(this.#source, context, next)
  }

  /** Called by the worker: carries on what waits for these tasks. */
  async finish(ended: readonly EndedTask[]): Promise<void> {
    const ends: NodeEnd[] = []
    const tasks: EndedTask[] = []
    const now = this.#source.host.runtime.now()
    for (const task of ended) {
      const end = nodeEnd(task, now)
      if (end === undefined) continue
      ends.push(end)
      tasks.push(task)
    }
    if (ends.length === 0) return
    const stored = await asStored(this.#source.host, tasks, ends)
    if (this.#listeners.any) for (const [at, end] of stored.entries()) this.#tell(tasks[at]!, end)
    await this.#running.advance(stored)
  }

  async #prepare(blueprint: Blueprint, input: unknown, options: StartOptions): Promise<Prepared> {
    const { host, plans } = this.#source
    await host.ready()
    const id = this.#idOf(options)
    const now = host.runtime.now()
    const plan = compilePlan(blueprint, {
      startedAt: now,
      deadlineAt: options.timeout === undefined ? undefined : now + parseDuration(options.timeout, 'timeout'),
      keepMs: this.#keepMs,
      input: input === undefined ? undefined : { value: input },
    })
    const small = plans.inline(plan) !== undefined
    const saved = host.results === undefined && small ? undefined : await plans.save(id, plan)
    const head = saved?.head ?? plan.head
    return {
      view: createView(id, head, (at) => plan.nodes.at(at)),
      again: saved?.fresh === false,
      inline: small ? plans.inline({ head, nodes: plan.nodes }) : undefined,
    }
  }

  /** A workflow that takes the place of a step. */
  async #follow(context: TaskContext, blueprint: Blueprint, input: unknown): Promise<Prepared> {
    const { host, plans } = this.#source
    const ref = readRef(context)
    if (ref === undefined)
      throw new QueueError(
        'INVALID',
        `Task "${context.task}" (${context.id}) belongs to no workflow, so it cannot become one. Start one: flows.start(…).`,
      )
    const id = followingId(context.id)
    const plan = compilePlan(blueprint, {
      startedAt: host.runtime.now(),
      keepMs: this.#keepMs,
      parent: { id: context.id, ref: writeRef(ref) },
      input: input === undefined ? undefined : { value: input },
    })
    const { head, fresh } = await plans.save(id, plan)
    return { view: createView(id, head, (at) => plan.nodes.at(at)), again: !fresh }
  }

  #timeOut({ flow, generation }: NodeRef): void {
    const stop = async (): Promise<void> => {
      const view = await this.#source.plans.view(flow, { generation })
      const { name, code, message } = deadlineError(flow)
      if (view !== undefined) await this.#running.stop(view, { name, code, message })
    }
    // What is still to start expires by itself.
    stop().catch((error: unknown) =>
      this.#onError(
        new QueueError('TASK_TIMEOUT', `Workflow ${flow} could not be stopped in time.`, { cause: error }),
      ),
    )
  }

  #tell({ id, task, state, output, attempt }: EndedTask, { flow, ok, value, error }: NodeEnd): void {
    this.#listeners.tell({
      workflow: flow,
      id,
      task,
      state: ok ? 'succeeded' : state === 'succeeded' ? 'failed' : state,
      attempt,
      ...(ok && { output: value === undefined ? output : value.value }),
      ...(error !== undefined && { error }),
    })
  }

  #idOf({ id, context }: StartOptions): string {
    if (id !== undefined) return checkFlowId(id)
    if (context === undefined) return this.#source.host.runtime.id()
    const count = (this.#started.get(context) ?? 0) + 1
    this.#started.set(context, count)
    return followingId(context.id, `sub${count}`)
  }

  get #source(): EngineOptions & StepHost {
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

interface Prepared {
  readonly view: PlanView
  /** It was begun before, under the same id. */
  readonly again: boolean
  readonly inline?: string | undefined
}

function elsewhere(flow: string): Elsewhere {
  return { 'bananas-workflow': flow }
}

function toStandardError(error: QueueError): void {
  process.stderr.write(`bananas: ${error.code}: ${error.message}\n`)
}
