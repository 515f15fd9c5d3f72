import { Bananas } from '@bananasjs/core'
import { recordBroker } from '../history/record-broker.ts'
import { Link } from './link.ts'
import type { TaskPlan } from './plan.ts'
import { seededRandom } from './seeded-random.ts'
import { SimNode } from './sim-node.ts'
import type { Stage } from './sim-stage.ts'
import { simTask } from './sim-tasks.ts'
import { simTransport } from './sim-transport.ts'

/** The process that sends, revokes, and asks for results. */
export class SimClient {
  readonly #stage: Stage
  readonly #node: SimNode
  readonly #link: Link
  readonly #app: Bananas
  /** Calls that have not been answered yet, or not been made. */
  #open = 0

  constructor(stage: Stage) {
    const { world, plan, history, store, rates } = stage
    const name = 'client.1'
    this.#stage = stage
    this.#node = new SimNode(world, { name, seed: plan.seed ^ 0x9e3779b9, skewMs: 0, rate: 1 })
    this.#link = new Link(world, this.#node, { rates, random: seededRandom(plan.seed ^ 0x85ebca6b) })
    const transport = simTransport(store(history(name)), this.#link)
    // Here, and not beside the store: an answer that got lost is none.
    const wallNow = (): number => this.#node.runtime.now()
    const broker = recordBroker(transport.broker, history(name), { wallNow })
    this.#app = new Bananas({ transport: { ...transport, broker }, runtime: this.#node.runtime })
  }

  get idle(): boolean {
    return this.#open === 0
  }

  /** Puts what the plan says of each task on the agenda. */
  begin(): void {
    for (const [index, task] of this.#stage.plan.tasks.entries()) {
      this.#at(task.at, () => this.#send(index, task))
      if (task.revokeAt !== undefined) this.#at(task.revokeAt, () => this.#revoke(index))
      for (const at of task.readAt) this.#at(at, () => this.#app.job(idOf(index)).status())
    }
  }

  heal(): void {
    this.#link.heal(this.#stage.rates)
  }

  end(): void {
    this.#node.die()
  }

  #at(at: number, act: () => Promise<unknown>): void {
    this.#open += 1
    this.#node.after(at, () => {
      // What becomes of a call stands in the history.
      void act()
        .catch(() => undefined)
        .then(() => (this.#open -= 1))
    })
  }

  #send(index: number, task: TaskPlan): Promise<unknown> {
    const { priority, delayMs, expiresInMs, unique, kind } = task
    return this.#app.enqueue(
      simTask,
      { index },
      {
        id: idOf(index),
        priority,
        retryLimit: kind === 'doomed' ? 1 : 3,
        ...(delayMs > 0 && { delay: delayMs }),
        ...(expiresInMs !== undefined && { expires: expiresInMs }),
        ...(unique !== undefined && { unique: { key: unique } }),
      },
    )
  }

  async #revoke(index: number): Promise<void> {
    await this.#app.revoke([idOf(index)])
    this.#stage.history('client.1').write({ kind: 'revoked', task: idOf(index) })
  }
}

function idOf(index: number): string {
  return `task-${index}`
}
