import { QueueError } from '@bananasjs/core'
import type { ErrorRecord } from '@bananasjs/core'
import { forgotten } from '../plan/plan-store.ts'
import type { PlanView } from '../plan/life.ts'
import { arriveAll } from './arrive-all.ts'
import { cancelNodes } from './cancel-nodes.ts'
import { Finisher } from './finisher.ts'
import type { FinisherOptions } from './finisher.ts'
import { isElsewhere } from './gather-value.ts'
import { moveByExit, movesByPlan } from './moves.ts'
import type { Move } from './moves.ts'
import type { NodeEnd } from './node-end.ts'
import { readResults, writeResults } from './node-results.ts'
import { Remembered } from './remembered.ts'
import { idOf } from './send-node.ts'
import type { Departure } from './send-node.ts'
import { sendAll } from './send-row.ts'
import { startNodes } from './start-nodes.ts'
import type { StartOptions } from './start-nodes.ts'

export interface EngineOptions extends FinisherOptions {
  /** Hears of what went wrong and cannot be mended by trying again. */
  readonly onError: (error: QueueError) => void
}

/**
 * Carries workflows on: from nodes that ended to what follows, wave by wave, until something has been sent, waits for others, or
 * the workflow is over. The one place for every cause of an end, in workers and clients alike. Every effect is
 * idempotent: ids are those of the nodes, arrivals count once, a final result stands. So a wave may be repeated from its
 * beginning after a crash at any point.
 */
export class Engine {
  readonly #options: EngineOptions
  readonly #finisher: Finisher
  readonly #told = new Remembered()

  constructor(options: EngineOptions) {
    this.#options = options
    this.#finisher = new Finisher(options, (plan, again) => this.start(plan, { again }))
  }

  /** Resolves once everything that follows is durable. @throws QueueError what may be better the next time */
  async advance(ends: readonly NodeEnd[]): Promise<void> {
    const told = new Set<string>()
    for (let wave = ends; wave.length > 0;) {
      const moves: Move[] = []
      for (const end of wave) {
        const move = isMovedOn(end) ? undefined : moveByExit(end)
        if (move === undefined) moves.push(...(await this.#movesOf(end)))
        else moves.push(move)
      }
      const passed = await arriveAll(this.#options, moves, (error) => this.#report(error))
      const [sent, doomed, finished] = await Promise.all([
        this.#sendAll(moves),
        this.#doomAll(moves, told),
        this.#finishAll(moves, told),
      ])
      wave = [...passed, ...moves.flatMap(passing), ...sent, ...doomed, ...finished]
    }
    // Only now: had it failed half way, all of it must be told again.
    for (const key of told) this.#told.add(key)
  }

  /** Sends what waits for nothing. */
  async start(plan: PlanView, options: StartOptions): Promise<void> {
    await this.advance(await startNodes((departures) => this.send(departures), plan, options))
  }

  /** Ends a workflow before its time. */
  stop(plan: PlanView, error: ErrorRecord): Promise<void> {
    return this.#finisher.stop(plan, error)
  }

  async #movesOf(end: NodeEnd): Promise<readonly Move[]> {
    try {
      if (isMovedOn(end)) return await this.#moveOn(end)
      const plan = await this.#options.plans.view(end.flow, end)
      if (plan === undefined) throw forgotten(end.flow)
      return await movesByPlan(plan, end)
    } catch (error) {
      this.#report(error)
      return []
    }
  }

  /** The step returned another workflow, which now takes its place. */
  async #moveOn(end: NodeEnd): Promise<readonly Move[]> {
    const flow = (end.value!.value as { 'bananas-workflow': string })['bananas-workflow']
    const plan = await this.#options.plans.current(flow)
    if (plan === undefined) throw forgotten(flow)
    await this.start(plan, { again: end.again })
    return []
  }

  async #sendAll(moves: readonly Move[]): Promise<readonly NodeEnd[]> {
    const departures = moves.flatMap((move): readonly Departure[] => {
      if (move.kind !== 'send') return []
      const { plan, node, to, end, name } = move
      const { flow, generation, again, inline } = end
      return [{ plan, node, ref: { flow, node: to, generation }, after: end, afterName: name, again, inline }]
    })
    return this.send(departures)
  }

  /** Sends tasks that have not ended yet, each under its own id. What cannot be sent ends as failed. */
  async send(departures: readonly Departure[]): Promise<readonly NodeEnd[]> {
    const there = await this.#ended(departures.filter(({ again }) => again))
    const leaving = there.size === 0 ? departures : departures.filter((departure) => !there.has(departure))
    const unsent = await sendAll(this.#options, leaving)
    const failed = unsent.map(({ departure: { ref, again, inline }, error }): NodeEnd => {
      return { ...ref, ok: false, error: this.#report(error), again, inline }
    })
    await this.#noteFailures(departures, failed)
    return failed
  }

  async #ended(departures: readonly Departure[]): Promise<ReadonlySet<Departure>> {
    const results = await readResults(this.#options.host, departures.map(idOf))
    return new Set(departures.filter((departure) => results.get(idOf(departure))?.final === true))
  }

  async #noteFailures(departures: readonly Departure[], failed: readonly NodeEnd[]): Promise<void> {
    if (failed.length === 0) return
    const plans = new Map(departures.map(({ plan }) => [plan.flow, plan]))
    const results = failed.map(({ flow, node, member, error }) => {
      const id = plans.get(flow)!.id(node, member)
      return { id, state: 'failed' as const, facts: { error: error! } }
    })
    await writeResults(this.#options.host, results, this.#options.keepMs)
  }

  /** Nodes that will never run are told so, and those that wait for them hear of it as of any other failure. */
  async #doomAll(moves: readonly Move[], told: Set<string>): Promise<readonly NodeEnd[]> {
    const doomed = moves
      .filter((move) => move.kind === 'doom')
      .filter(({ to, end }) => this.#isNews(`${to}`, end, told))
    const ends = doomed.map(({ end, to }): NodeEnd => {
      const { flow, generation, again, error, inline, blame = end.node } = end
      return { flow, generation, again, inline, node: to, ok: false, error: error!, blame }
    })
    const results = doomed.flatMap(({ plan, to, node, name, end }) => {
      if (to === plan.head.end) return []
      if (node.kind === 'gate')
        return { id: plan.id(to), state: 'failed' as const, facts: { error: end.error! } }
      const facts = { reason: `never ran: "${name}" before it failed: ${end.error!.message}` }
      return { id: plan.id(to), state: 'cancelled' as const, facts }
    })
    await writeResults(this.#options.host, results, this.#options.keepMs)
    for (const { plan, node } of doomed)
      if (node.kind === 'gate' && node.inside !== undefined && plan.head.undoable.length === 0)
        await cancelNodes(this.#options, plan, node.inside)
    return ends
  }

  /** A thousand members of a group that has failed need not fail it a thousand times. */
  #isNews(what: string, { flow, generation, again }: NodeEnd, told: Set<string>): boolean {
    const key = `${what} ${generation} ${flow}`
    if (told.has(key) || (this.#told.has(key) && !again)) return false
    told.add(key)
    return true
  }

  async #finishAll(moves: readonly Move[], told: Set<string>): Promise<readonly NodeEnd[]> {
    const ends: NodeEnd[] = []
    for (const move of moves)
      if (move.kind === 'finish' && this.#isNews('finish', move.end, told))
        ends.push(...(await this.#finisher.finish(move.plan, move.end)))
    return ends
  }

  /** @throws the error again when it may be better the next time */
  #report(error: unknown): ErrorRecord {
    if (!QueueError.is(error) || error.retryable || error.code === 'CLOSED') throw error
    this.#options.onError(error)
    return { name: error.name, code: error.code, message: error.message }
  }
}

/** A gate with nobody else to wait for is passed at once. */
function passing(move: Move): readonly NodeEnd[] {
  if (move.kind !== 'pass') return []
  const { flow, generation, again } = move.end
  return [{ flow, generation, node: move.to, again, ok: true }]
}

function isMovedOn({ ok, value }: NodeEnd): boolean {
  return ok && value !== undefined && isElsewhere(value.value)
}
