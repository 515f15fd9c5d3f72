import { memory, memoryStore } from '@bananasjs/core/memory'
import type { MemoryOptions } from '@bananasjs/core/memory'
import type { Plugin } from '@bananasjs/core'
import type { Transport } from '@bananasjs/core/contract'
import type { History, HistoryEvent } from '../history/history-event.ts'
import { memoryHistory } from '../history/memory-history.ts'
import { openTasks } from '../history/open-tasks.ts'
import { recordBroker } from '../history/record-broker.ts'
import { recordEnd } from '../history/record-end.ts'
import { recordResults } from '../history/record-results.ts'
import { CALM } from './plan.ts'
import type { FaultPlan, LinkRates, SimulationPlan } from './plan.ts'
import type { SimulateOptions } from './simulate.ts'
import { SimClient } from './sim-client.ts'
import { SimNode } from './sim-node.ts'
import type { Stage } from './sim-stage.ts'
import { SimWorker } from './sim-worker.ts'
import { World } from './world.ts'

/** Virtual time in which everything must have ended once everything is whole again. */
const PATIENCE_MS = 60_000
const LOOK_MS = 100
const STOP_MS = 10_000
/** What was on its way when the network healed has arrived, or been given up, by then. */
const AFTERMATH_MS = 3000

/** One run: chaos until it is healed, then calm until nothing is left, then an orderly end. */
export class Simulation implements Stage {
  readonly plan: SimulationPlan
  readonly world: World = new World()
  readonly chronicle: History
  readonly plugins: () => readonly Plugin[]
  rates: LinkRates
  readonly #events: HistoryEvent[] = []
  readonly #wrap: (transport: Transport) => Transport
  readonly #node: SimNode
  readonly #memory: MemoryOptions
  readonly #workers: readonly SimWorker[]
  readonly #client: SimClient
  readonly #killed = new Map<number, number>()

  constructor(
    plan: SimulationPlan,
    { wrap = (transport) => transport, plugins = () => [] }: Pick<SimulateOptions, 'wrap' | 'plugins'>,
  ) {
    this.plan = plan
    this.rates = plan.rates
    this.#wrap = wrap
    this.plugins = plugins
    this.chronicle = this.history('simulation')
    this.#node = new SimNode(this.world, { name: 'store', seed: plan.seed, skewMs: 0, rate: 1 })
    this.#memory = {
      store: memoryStore({ runtime: this.#node.runtime }),
      supports: plan.broker,
      results: { watch: false },
    }
    this.#client = new SimClient(this)
    this.#workers = Array.from({ length: plan.workers }, (_, index) => new SimWorker(this, index))
  }

  async run(): Promise<{
    readonly events: readonly HistoryEvent[]
    readonly stuck: boolean
    readonly steps: number
  }> {
    const { world, plan } = this
    this.#announce()
    for (const worker of this.#workers) worker.start()
    this.#client.begin()
    for (const fault of plan.faults) world.after(fault.at, () => this.#strike(fault))
    world.after(plan.healAt, () => this.#heal())
    const ended = this.#end()
    let over = false
    let stuck = true
    void ended.then((drained) => {
      stuck = !drained
      over = true
    })
    await world.run(() => over)
    for (const one of [...this.#workers, this.#client]) one.end()
    this.#node.die()
    return { events: this.#events, stuck, steps: world.steps }
  }

  readonly history = (by: string, node?: SimNode): History => {
    const now = (): number => this.world.now
    const history = memoryHistory(now, by, this.#events)
    if (node === undefined) return history
    return { now, write: (...bodies) => node.alive && history.write(...bodies) }
  }

  readonly store = (history: History): Transport => {
    const transport = this.#wrap(memory(this.#memory))
    return {
      ...transport,
      broker: recordBroker(transport.broker, history, { beside: true }),
      ...(transport.results && { results: recordResults(transport.results, history) }),
    }
  }

  readonly mayKill = (task: number): boolean => {
    const times = this.#killed.get(task) ?? 0
    this.#killed.set(task, times + 1)
    return times < this.plan.tasks[task]!.failures
  }

  /** What is broken for the whole time of chaos, so that it is known which promises are excused. */
  #announce(): void {
    const { rates, faults } = this.plan
    const has = (kind: FaultPlan['kind']): boolean => faults.some((fault) => fault.kind === kind)
    const lossy = rates.lost.up + rates.lost.down + rates.twice + rates.slow > 0
    if (lossy || has('partition') || has('pause'))
      this.chronicle.write(
        { kind: 'fault', name: 'network', of: 'broker' },
        { kind: 'fault', name: 'network', of: 'results' },
      )
    if (has('pause') || has('stop')) this.chronicle.write({ kind: 'fault', name: 'network', of: 'process' })
    if (has('skew')) this.chronicle.write({ kind: 'fault', name: 'skew', of: 'clock' })
  }

  #strike(fault: FaultPlan): void {
    const worker = this.#workers[fault.worker]
    if (worker === undefined) return
    if (fault.kind === 'crash') worker.crash(fault.forMs)
    else if (fault.kind === 'stop') void worker.stop(fault.forMs)
    else if (fault.kind === 'pause') worker.pause(fault.forMs)
    else if (fault.kind === 'partition') worker.partition(fault.way, fault.forMs)
    else worker.jump(fault.byMs)
  }

  #heal(): void {
    this.rates = CALM
    this.#client.heal()
    for (const worker of this.#workers) worker.heal()
    this.world.after(AFTERMATH_MS, () => this.chronicle.write({ kind: 'healed', name: 'network' }))
  }

  /** False when something was still there after all patience. */
  async #end(): Promise<boolean> {
    const { broker } = memory(this.#memory)
    const { healAt } = this.plan
    await this.#sleep(healAt)
    let drained = await this.#isDrained(broker)
    while (!drained && this.world.now < healAt + PATIENCE_MS) {
      await this.#sleep(LOOK_MS)
      drained = await this.#isDrained(broker)
    }
    // One that dies as it stops never says that it has.
    if (drained)
      await Promise.race([Promise.all(this.#workers.map((worker) => worker.stop())), this.#sleep(STOP_MS)])
    await recordEnd(broker, await broker.queues!(), this.chronicle)
    return drained
  }

  async #isDrained(broker: Transport['broker']): Promise<boolean> {
    if (!this.#client.idle) return false
    const counts = await Promise.all((await broker.queues!()).map((queue) => broker.inspect!(queue)))
    return counts.every((one) => openTasks(one) === 0)
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.world.after(ms, resolve))
  }
}
