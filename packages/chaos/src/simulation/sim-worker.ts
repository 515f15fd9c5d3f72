import { Bananas } from '@bananasjs/core'
import type { Worker } from '@bananasjs/core'
import { recordRuns } from '../history/record-runs.ts'
import { recordStop } from '../history/record-stop.ts'
import { Link } from './link.ts'
import type { Stage } from './sim-stage.ts'
import { SimNode } from './sim-node.ts'
import { seededRandom } from './seeded-random.ts'
import { handleTasks, QUEUE } from './sim-tasks.ts'
import { simTransport } from './sim-transport.ts'

/** What one died of is over for the others when its leases have ended and they have looked again. */
const AFTERMATH_MS = 3000
const RESTART_MS = 300
const DRAIN_MS = 300

interface Life {
  readonly node: SimNode
  readonly link: Link
  readonly worker: Worker
}

/** One worker process, and its next when it dies. */
export class SimWorker {
  readonly #stage: Stage
  readonly #index: number
  readonly #rate: number
  #life: Life | undefined
  #lives = 0
  #skewMs = 0

  constructor(stage: Stage, index: number) {
    this.#stage = stage
    this.#index = index
    // A quartz is wrong by less; this is what a bad virtual machine does.
    this.#rate = 1 + (seededRandom(stage.plan.seed ^ (index + 1))() - 0.5) * 0.01
  }

  start(): void {
    if (this.#life !== undefined) return
    const { world, plan, history, store } = this.#stage
    this.#lives += 1
    const name = `worker-${this.#index}.${this.#lives}`
    const seed = (plan.seed * 31 + this.#index * 7919 + this.#lives * 104_729) >>> 0
    const node = new SimNode(world, { name, seed, skewMs: this.#skewMs, rate: this.#rate })
    const link = new Link(world, node, { rates: this.#stage.rates, random: seededRandom(seed ^ 0x5bd1e995) })
    const app = new Bananas({
      transport: simTransport(store(history(name)), link),
      runtime: node.runtime,
      plugins: [...this.#stage.plugins(), recordRuns(history(name, node))],
    })
    const worker = app.worker({
      id: name,
      queues: [QUEUE],
      concurrency: plan.concurrency,
      lease: plan.leaseMs,
      drain: DRAIN_MS,
      events: 'off',
      signals: [],
      onError: () => undefined,
    })
    handleTasks(worker, { plan, node, poisoned: (task) => this.#poisoned(task, node) })
    this.#life = { node, link, worker }
    void worker.start()
  }

  /** As by SIGKILL. */
  crash(forMs: number): void {
    const life = this.#life
    if (life === undefined) return
    this.#life = undefined
    life.node.die()
    const { world, plan, chronicle } = this.#stage
    const { name } = life.node
    chronicle.write({ kind: 'killed', victim: name }, { kind: 'fault', name, of: 'process' })
    world.after(forMs + plan.leaseMs + AFTERMATH_MS, () => chronicle.write({ kind: 'healed', name }))
    world.after(forMs, () => this.start())
  }

  /** As by SIGTERM; started again unless `forMs` is left out. Resolves when it has ended, never when it dies on the way. */
  async stop(forMs?: number): Promise<void> {
    const life = this.#life
    if (life === undefined) return
    const { node, worker } = life
    await recordStop(this.#stage.history(node.name, node), () => worker.stop())
    if (this.#life !== life) return
    this.#life = undefined
    node.die()
    if (forMs !== undefined) this.#stage.world.after(forMs, () => this.start())
  }

  pause(forMs: number): void {
    this.#life?.node.pause(forMs)
  }

  partition(way: 'up' | 'down' | 'both', forMs: number): void {
    this.#life?.link.cut(way, forMs)
  }

  jump(byMs: number): void {
    this.#skewMs += byMs
    this.#life?.node.jump(byMs)
  }

  heal(): void {
    this.#life?.link.heal(this.#stage.rates)
  }

  /** Nothing of it happens any more. */
  end(): void {
    this.#life?.node.die()
    this.#life = undefined
  }

  #poisoned(task: number, node: SimNode): boolean {
    if (node !== this.#life?.node || !this.#stage.mayKill(task)) return false
    this.crash(RESTART_MS)
    return true
  }
}
