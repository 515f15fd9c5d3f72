import { QueueError } from '@bananasjs/core'
import type { PluginHost } from '@bananasjs/core'
import type { ResultBackend } from '@bananasjs/core/contract'
import { createView } from './life.ts'
import type { Life, PlanView } from './life.ts'
import { decodeLife, encodeLife } from './life-codec.ts'
import { decodePart, encodePart } from './plan-codec.ts'
import { Nodes } from './nodes.ts'
import { packNodes, unpackNodes } from './plan-rows.ts'
import type { StoredNode } from './plan-rows.ts'
import type { Plan, PlanHead, PlanNode } from './plan.ts'

interface StoredHead extends PlanHead {
  readonly pageNodes: number
  /** All of them, where one page is enough. */
  readonly nodes?: readonly StoredNode[]
}

/** A plan that travels. */
interface StoredPlan {
  readonly head: PlanHead
  readonly nodes: readonly StoredNode[]
}

const PAGE_NODES = 1024
/** What a page may take, where the backend would take more. */
const PAGE_BYTES = 256 * 1024
/** A linear plan up to this size travels in the headers of its messages. */
const INLINE_BYTES = 2048
const CACHED = 1000

/** Plans in the result backend, written once and never changed, so that a page once read may be kept. */
export class PlanStore {
  readonly #host: PluginHost
  readonly #cache = new Map<string, PlanView | Nodes>()

  constructor(host: PluginHost) {
    this.#host = host
  }

  /** What travels in the header, for a plan that is small and linear. */
  inline({ head, nodes }: Plan): string | undefined {
    if (!head.linear || nodes.size > PAGE_NODES) return undefined
    const { serializer } = this.#host
    const bytes = encodePart({ head, nodes: packNodes(nodes, serializer) } satisfies StoredPlan, serializer)
    return bytes.length > INLINE_BYTES ? undefined : bytes.toString('base64url')
  }

  /**
   * Pages first, then the head: where there is a head, there is a plan. Returns the plan that stands: the one stored
   * before under this id, if there is one.
   * @throws QueueError TOO_LARGE when one node alone exceeds what the backend takes
   */
  async save(flow: string, plan: Plan): Promise<{ readonly head: PlanHead; readonly fresh: boolean }> {
    const results = this.#results()
    const { serializer } = this.#host
    const { pageNodes, pages } = this.#paged(plan)
    const one = pages.length === 1
    const stored = one
      ? []
      : await Promise.all(
          pages.map((page, at) => results.swap(this.#key(flow, `p${at}`), null, page, plan.head.keepMs)),
        )
    if (stored.some((page, at) => page !== null && !pages[at]!.equals(page))) throw taken(flow)
    const nodes = one ? { nodes: packNodes(plan.nodes, serializer) } : undefined
    const head: StoredHead = { ...plan.head, pageNodes, ...nodes }
    const bytes = encodePart(head, serializer)
    const standing = await results.swap(this.#key(flow, 'head'), null, bytes, plan.head.keepMs)
    if (standing === null || bytes.equals(standing)) return { head: plan.head, fresh: true }
    const { nodes: found = [], ...rest } = decodePart<StoredHead>(standing, flow, this.#host).part
    if (rest.size !== head.size || (one && !encodePart(found, serializer).equals(pages[0]!)))
      throw taken(flow)
    return { head: rest, fresh: false }
  }

  /** In its first life unless another one is named. `undefined` when unknown or expired. */
  async view(
    flow: string,
    { generation = 0, inline }: { readonly generation?: number; readonly inline?: string | undefined } = {},
  ): Promise<PlanView | undefined> {
    const key = `${generation} ${flow}`
    const cached = this.#cache.get(key)
    if (cached !== undefined && !(cached instanceof Nodes)) return cached
    const view = inline === undefined ? await this.#stored(flow, generation) : this.#travelling(flow, inline)
    if (view !== undefined) this.#keep(key, view)
    return view
  }

  /** In its latest life. */
  async current(flow: string): Promise<PlanView | undefined> {
    let generation = 0
    while (this.#host.results !== undefined && (await this.#life(flow, generation + 1)) !== undefined)
      generation += 1
    return this.view(flow, { generation })
  }

  /**
   * Begins another life.
   * @throws QueueError CONFLICT when somebody else has just begun one
   */
  async renew(view: PlanView, life: Life): Promise<PlanView> {
    const bytes = encodeLife(life, this.#host.serializer)
    const key = this.#lifeKey(view.flow, life.generation)
    const standing = await this.#results().swap(key, null, bytes, view.head.keepMs)
    if (standing !== null && !bytes.equals(standing))
      throw new QueueError('CONFLICT', `Workflow ${view.flow} is being retried by somebody else right now.`)
    return (await this.view(view.flow, { generation: life.generation }))!
  }

  async #life(flow: string, generation: number): Promise<Life | undefined> {
    const bytes = await this.#results().swap(this.#lifeKey(flow, generation), null, null, 0)
    return bytes === null ? undefined : decodeLife(bytes, flow, this.#host)
  }

  #travelling(flow: string, inline: string): PlanView {
    const bytes = Buffer.from(inline, 'base64url')
    const { part, serializer } = decodePart<StoredPlan>(bytes, flow, this.#host)
    const { head } = part
    const nodes = unpackNodes(part.nodes, serializer)
    return createView(flow, head, (at) => nodes.at(at))
  }

  async #stored(flow: string, generation: number): Promise<PlanView | undefined> {
    if (this.#host.results === undefined) return undefined
    const bytes = await this.#host.results.swap(this.#key(flow, 'head'), null, null, 0)
    if (bytes === null) return undefined
    const life = generation === 0 ? undefined : await this.#life(flow, generation)
    if (generation > 0 && life === undefined) return undefined
    const { part, serializer } = decodePart<StoredHead>(bytes, flow, this.#host)
    const { nodes: packed, ...head } = part
    const nodes = packed && unpackNodes(packed, serializer)
    return createView(
      flow,
      head,
      nodes === undefined ? (at) => this.#node(flow, head, at) : (at) => nodes.at(at),
      life,
    )
  }

  #node(flow: string, { pageNodes }: StoredHead, at: number): PlanNode | Promise<PlanNode> {
    const page = Math.floor(at / pageNodes)
    const cached = this.#cache.get(`p${page} ${flow}`)
    if (cached instanceof Nodes) return cached.at(at % pageNodes)
    return this.#page(flow, page).then((nodes) => nodes.at(at % pageNodes))
  }

  async #page(flow: string, page: number): Promise<Nodes> {
    const bytes = await this.#results().swap(this.#key(flow, `p${page}`), null, null, 0)
    if (bytes === null) throw forgotten(flow)
    const { part, serializer } = decodePart<readonly StoredNode[]>(bytes, flow, this.#host)
    const nodes = unpackNodes(part, serializer)
    this.#keep(`p${page} ${flow}`, nodes)
    return nodes
  }

  #paged({ nodes }: Plan): { readonly pageNodes: number; readonly pages: readonly Buffer[] } {
    const { serializer } = this.#host
    const most = Math.min(PAGE_BYTES, this.#results().supports.maxValueBytes)
    for (let pageNodes = PAGE_NODES; ; pageNodes /= 4) {
      const pages = Array.from({ length: Math.ceil(nodes.size / pageNodes) }, (_, at) =>
        encodePart(packNodes(nodes, serializer, [at * pageNodes, pageNodes]), serializer),
      )
      if (pageNodes === 1 || pages.every((page) => page.length <= most)) return { pageNodes, pages }
    }
  }

  #keep(key: string, value: PlanView | Nodes): void {
    if (this.#cache.size >= CACHED) this.#cache.delete(this.#cache.keys().next().value!)
    this.#cache.set(key, value)
  }

  #key(flow: string, part: string): string {
    return `${this.#host.namespace}.workflow.${flow}.${part}`
  }

  #lifeKey(flow: string, generation: number): string {
    return this.#key(flow, `life${generation}`)
  }

  #results(): ResultBackend {
    if (this.#host.results !== undefined) return this.#host.results
    throw new QueueError(
      'UNSUPPORTED',
      'This workflow needs a result backend: only chains of a few steps travel in their messages. Name one: new Bananas({ transport, results: … }).',
    )
  }
}

/** The error of a plan that is no longer there. */
export function forgotten(flow: string): QueueError {
  return new QueueError(
    'INVALID',
    `Workflow ${flow} is not known here: it never was, or it has expired. Keep workflows longer: workflows({ keep: '30d' }).`,
  )
}

function taken(flow: string): QueueError {
  return new QueueError(
    'CONFLICT',
    `Another workflow has the id "${flow}". The same id means the same workflow with the same inputs; give this one its own.`,
  )
}
