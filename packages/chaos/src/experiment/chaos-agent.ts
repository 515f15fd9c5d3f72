import { hostname } from 'node:os'
import { systemRuntime } from '@bananasjs/core/contract'
import type { Timer } from '@bananasjs/core/contract'
import type { ArmedFault } from '../faults/armed-fault.ts'
import type { Bites } from '../faults/bites.ts'
import type { ChaosController } from '../faults/chaos-controller.ts'
import type { Line } from './line.ts'
import { isLineMessage } from './wanted-faults.ts'
import type { Bitten, Wanted, WantedFault } from './wanted-faults.ts'

const REPORT_MS = 200

/**
 * Lets a process take part in an experiment that is run elsewhere: arms what is wanted, ends what is not, and ends
 * everything by itself when it is not told again in time. Returns what ends the part.
 */
export function chaosAgent(controller: ChaosController, line: Line): () => Promise<void> {
  const agent = new Agent(controller, line)
  return () => agent.stop()
}

class Agent {
  readonly #controller: ChaosController
  readonly #line: Line
  readonly #name = `${hostname()}-${process.pid}`
  readonly #armed = new Map<string, ArmedFault>()
  /** Of faults that have ended, too: a report may be lost, its numbers not. */
  readonly #bites: Record<string, Bites> = {}
  readonly #refused: Record<string, string> = {}
  readonly #unlisten: () => void
  #timer: Timer
  #reported = ''

  constructor(controller: ChaosController, line: Line) {
    this.#controller = controller
    this.#line = line
    this.#unlisten = line.listen((message) => {
      if (isLineMessage(message) && message.chaos === 'wanted') this.#want(message)
    })
    // A fault that ends this very process must not take the news of it along.
    controller.lastWords = async () => this.#report()
    line.onEnd?.(() => void controller.calm())
    this.#timer = systemRuntime.setTimer(() => this.#beat(), REPORT_MS, true)
    void line.send({ chaos: 'hello' })
  }

  async stop(): Promise<void> {
    this.#unlisten()
    this.#timer.cancel()
    await Promise.all([...this.#armed.values()].map((fault) => fault.disarm()))
    await this.#report()
  }

  #want({ faults, ttlMs }: Wanted): void {
    const wanted = new Set(faults.map(({ id }) => id))
    for (const [id, armed] of this.#armed) {
      if (wanted.has(id)) continue
      void armed.disarm()
      this.#bites[id] = armed.bites()
      this.#armed.delete(id)
    }
    for (const fault of faults) this.#arm(fault, ttlMs)
    void this.#report()
  }

  #arm({ id, fault, seed, scale, sinceMs, blast }: WantedFault, ttlMs: number): void {
    const known = this.#armed.get(id)
    if (known !== undefined && !known.ended.aborted) {
      known.scale(scale)
      return known.prolong(ttlMs)
    }
    if (id in this.#refused) return
    try {
      const armed = this.#controller.arm(fault, { forMs: ttlMs, seed, sinceMs, blast })
      armed.scale(scale)
      this.#armed.set(id, armed)
    } catch (error) {
      this.#refused[id] = error instanceof Error ? error.message : String(error)
    }
  }

  #beat(): void {
    void this.#report()
    this.#timer = systemRuntime.setTimer(() => this.#beat(), REPORT_MS, true)
  }

  /** Says nothing twice. */
  async #report(): Promise<void> {
    for (const [id, armed] of this.#armed) this.#bites[id] = armed.bites()
    const report: Bitten = {
      chaos: 'bitten',
      process: this.#name,
      bites: { ...this.#bites },
      refused: { ...this.#refused },
    }
    const text = JSON.stringify(report)
    if (text === this.#reported) return
    this.#reported = text
    await this.#line.send(report)
  }
}
