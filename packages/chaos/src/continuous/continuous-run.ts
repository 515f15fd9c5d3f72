import { parseDuration } from '@bananasjs/core'
import type { ResultBackend, Runtime } from '@bananasjs/core/contract'
import type { FaultSite } from '../faults/fault-site.ts'
import type { Audit } from '../safety/audit-log.ts'
import { Background } from './background.ts'
import { dayThatIsDue } from './calendar-time.ts'
import type { Tell } from './chaos-events.ts'
import { confidenceOf } from './confidence.ts'
import type { Confidence } from './confidence.ts'
import type { ContinuousPlan, GameDay } from './continuous-plan.ts'
import { EventWatch } from './event-watch.ts'
import { RunningGameDay } from './game-day.ts'
import { firstStop } from './live-measures.ts'
import type { Windows } from './live-measures.ts'
import { RollingWindow } from './rolling-window.ts'

export interface ContinuousTools {
  readonly sites: readonly FaultSite[]
  readonly audit: Audit
  readonly tell: Tell
  readonly runtime: Runtime
  readonly results: ResultBackend | undefined
  readonly namespace: string
}

const RECENT_MS = 60_000
const HOUR_MS = 3_600_000
const BLIND_MS = 15_000
const TOLD_MS = 30_000
const TARGET = 0.999
/** A game day is held once, by whoever is first, also when its keeper is started again. */
const HELD_MS = 24 * HOUR_MS

/** What happens at each look, and what is known in between. Grows with the plan, not with time. */
export class ContinuousRun {
  readonly watch: EventWatch
  readonly #plan: ContinuousPlan
  readonly #tools: ContinuousTools
  readonly #windows: Windows
  readonly #windowMs: number
  readonly #blindMs: number
  readonly #everyMs: number
  readonly #background: Background
  /** Title of each game day → the last day it was thought of. */
  readonly #thoughtOf = new Map<string, string>()
  #day: RunningGameDay | undefined
  #armed = false
  #bites = 0
  #toldAt: number
  #stopped: string | undefined
  #stopping: Promise<void> | undefined

  /** @throws QueueError INVALID for a fault that nothing here takes */
  constructor(plan: ContinuousPlan, tools: ContinuousTools) {
    const { window = HOUR_MS, target = TARGET, every = TOLD_MS } = plan.confidence ?? {}
    const now = (): number => tools.runtime.monotonic()
    this.#plan = plan
    this.#tools = tools
    this.#windowMs = parseDuration(window, 'confidence.window')
    this.#everyMs = parseDuration(every, 'confidence.every')
    this.#blindMs = parseDuration(plan.safety?.blindAfter ?? BLIND_MS, 'safety.blindAfter')
    this.#background = new Background(plan, tools.sites, tools.audit)
    this.#windows = {
      recent: new RollingWindow(RECENT_MS, now),
      recentMs: RECENT_MS,
      long: new RollingWindow(this.#windowMs, now),
      target,
    }
    this.watch = new EventWatch(tools.runtime)
    this.watch.countInto(this.#windows.recent)
    this.watch.countInto(this.#windows.long)
    this.#toldAt = now()
  }

  get state(): 'suspended' | 'running' | 'stopped' {
    if (this.#stopped !== undefined) return 'stopped'
    return this.#armed ? 'running' : 'suspended'
  }

  /** Why it was stopped. */
  get stopped(): string | undefined {
    return this.#stopped
  }

  get confidence(): Confidence {
    return confidenceOf(this.#windows.long.read(), this.#windows.target)
  }

  /** Never rejects: what goes wrong here ends everything. */
  async look(): Promise<void> {
    try {
      await this.#look()
    } catch (error) {
      await this.stop(`it failed: ${messageOf(error)}`)
    }
  }

  async #look(): Promise<void> {
    this.#countBites()
    const met = await firstStop(this.#plan.stop, this.#windows)
    if (met !== undefined) return this.stop(met)
    await this.#mind()
    if (this.#stopped !== undefined) return
    if (this.#armed) {
      this.#background.keep()
      await this.#holdGameDays()
    }
    this.#tellScore()
  }

  /** Takes every fault away; the first reason counts. Resolves when nothing is left. */
  stop(reason: string): Promise<void> {
    this.#stopping ??= this.#stop(reason)
    return this.#stopping
  }

  async #stop(reason: string): Promise<void> {
    this.#stopped = reason
    this.#tools.audit('stop', { reason })
    await this.#calm(reason)
    this.#tellScore(true)
    this.#tools.tell({ type: 'chaos.stopped', title: this.#plan.title, reason })
  }

  /** Breaks nothing while nobody can be seen. */
  async #mind(): Promise<void> {
    const { audit, tell } = this.#tools
    const { title } = this.#plan
    const blind = this.watch.silentMs > this.#blindMs
    if (blind && this.#armed) {
      const reason = `no sign of life from any worker for ${Math.round(this.watch.silentMs)} ms`
      audit('suspend', { reason })
      await this.#calm(reason)
      tell({ type: 'chaos.suspended', title, reason })
    } else if (!blind && !this.#armed && this.#stopped === undefined) {
      this.#armed = true
      await this.#background.arm()
      if (this.stopped !== undefined) return
      tell({ type: 'chaos.resumed', title, reason: 'workers are seen' })
    }
  }

  async #calm(reason: string): Promise<void> {
    this.#armed = false
    this.#day?.stop(reason)
    await Promise.all([this.#background.disarm(), this.#day?.ended])
    this.#countBites()
  }

  async #holdGameDays(): Promise<void> {
    if (this.#day !== undefined) {
      const met = await firstStop(this.#day.day.stop ?? [], this.#windows)
      if (met !== undefined) this.#day.stop(met)
    }
    for (const day of this.#plan.gameDays ?? []) {
      const due = dayThatIsDue(day.when, this.#tools.runtime.now())
      if (due === undefined || this.#thoughtOf.get(day.title) === due) continue
      this.#thoughtOf.set(day.title, due)
      await this.#consider(day, due)
    }
  }

  async #consider(day: GameDay, due: string): Promise<void> {
    const { title } = day
    const reason = await this.#obstacle(day, due)
    if (this.#stopped !== undefined) return
    if (reason !== undefined) {
      this.#tools.audit('game day skipped', { title, reason })
      return this.#tools.tell({ type: 'chaos.game-day', title, phase: 'skipped', reason })
    }
    this.#begin(day)
  }

  async #obstacle(day: GameDay, due: string): Promise<string | undefined> {
    if (this.#day !== undefined) return `the game day "${this.#day.day.title}" is under way`
    const met = await firstStop(day.stop ?? [], this.#windows)
    if (met !== undefined) return met
    const { results, namespace, runtime } = this.#tools
    const mine = Buffer.from(runtime.id())
    const key = `${namespace}.chaos.game-day.${day.title}.${due}`
    const stored = await results?.swap(key, null, mine, HELD_MS)
    return stored === undefined || (stored !== null && mine.equals(stored))
      ? undefined
      : 'it was held already'
  }

  #begin(day: GameDay): void {
    const { sites, audit, tell, runtime } = this.#tools
    const { title } = day
    audit('game day', { title })
    tell({ type: 'chaos.game-day', title, phase: 'begun' })
    const now = (): number => runtime.monotonic()
    const running = new RunningGameDay({
      plan: this.#plan,
      day,
      sites,
      audit,
      target: this.#windows.target,
      now,
    })
    const uncount = this.watch.countInto(running.window)
    this.#day = running
    void running.ended.then((end) => {
      uncount()
      this.#countBites()
      this.#bites -= running.bites
      this.#day = undefined
      audit('game day ended', { title, outcome: end.outcome, reason: end.reason })
      tell({ type: 'chaos.game-day', title, phase: 'ended', ...end })
    })
  }

  #countBites(): void {
    const bites = this.#background.bites + (this.#day?.bites ?? 0)
    this.#windows.recent.add('bites', Math.max(0, bites - this.#bites))
    this.#windows.long.add('bites', Math.max(0, bites - this.#bites))
    this.#bites = bites
  }

  #tellScore(now = false): void {
    const at = this.#tools.runtime.monotonic()
    if (!now && at - this.#toldAt < this.#everyMs) return
    this.#toldAt = at
    const { title } = this.#plan
    const { missed } = this.watch
    this.#tools.tell({
      type: 'chaos.confidence',
      title,
      windowMs: this.#windowMs,
      missed,
      ...this.confidence,
    })
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
