import type { BrokerPlan, FaultPlan, LinkRates, SimulationPlan, TaskPlan } from './plan.ts'
import { seededRandom } from './seeded-random.ts'

export interface DrawOptions {
  /** Default 12. */
  readonly mostTasks?: number
  /** Default 4. */
  readonly mostFaults?: number
}

const LONGEST_MS = 4000
const FAULTS = ['crash', 'stop', 'pause', 'partition', 'skew'] as const
const KINDS = ['quick', 'quick', 'long', 'deaf', 'flaky', 'doomed', 'poison'] as const

/**
 * The plan of a seed. Each seed draws its own kinds of faults and rates first, and what happens from these (swarm testing,
 * A. Groce et al., ISSTA 2012): runs without any loss, and runs with little else, find what an even mixture hides.
 */
export function drawPlan(seed: number, options: DrawOptions = {}): SimulationPlan {
  const { mostTasks = 12, mostFaults = 4 } = options
  const draw = new Draw(seededRandom(seed))
  const healAt = draw.between(500, LONGEST_MS)
  const workers = draw.whole(1, 3)
  const kinds = draw.some(KINDS)
  const faults = draw.some(FAULTS)
  return {
    seed,
    workers,
    concurrency: draw.whole(1, 4),
    leaseMs: draw.whole(200, 1500),
    broker: brokerPlan(draw),
    rates: linkRates(draw),
    healAt,
    tasks: draw.list(draw.whole(1, mostTasks), () => taskPlan(draw, healAt, kinds)),
    faults: draw.list(draw.whole(0, mostFaults), () => faultPlan(draw, { healAt, workers, kinds: faults })),
  }
}

/** Draws by name what a plan is made of. */
class Draw {
  readonly random: () => number

  constructor(random: () => number) {
    this.random = random
  }

  between(least: number, most: number): number {
    return least + this.random() * (most - least)
  }

  whole(least: number, most: number): number {
    return Math.floor(this.between(least, most + 1))
  }

  chance(share: number): boolean {
    return this.random() < share
  }

  one<T>(of: readonly T[]): T {
    return of[this.whole(0, of.length - 1)]!
  }

  /** At least one of them. */
  some<T>(of: readonly T[]): readonly T[] {
    const chosen = of.filter(() => this.chance(0.5))
    return chosen.length > 0 ? chosen : [this.one(of)]
  }

  /** Half the time nothing, else something up to the most. */
  rate(most: number): number {
    const value = this.random()
    return this.chance(0.5) ? 0 : value * most
  }

  list<T>(count: number, make: () => T): readonly T[] {
    return Array.from({ length: count }, make)
  }
}

function brokerPlan(draw: Draw): BrokerPlan {
  return {
    priorityLevels: draw.chance(0.7) ? 101 : 1,
    ...(draw.chance(0.3) && { maxDelayMs: draw.whole(100, 400) }),
    release: draw.chance(0.7) ? 'free' : 'counted',
  }
}

function linkRates(draw: Draw): LinkRates {
  return {
    lost: { up: draw.rate(0.15), down: draw.rate(0.15) },
    twice: draw.rate(0.15),
    slow: draw.rate(0.3),
    slowMs: draw.between(10, 1500),
    latencyMs: draw.between(0, 10),
  }
}

function taskPlan(draw: Draw, healAt: number, kinds: readonly TaskPlan['kind'][]): TaskPlan {
  const at = draw.between(0, healAt)
  return {
    at,
    kind: draw.one(kinds),
    runMs: draw.between(1, 2000),
    failures: draw.whole(1, 3),
    priority: draw.chance(0.7) ? 50 : draw.whole(0, 100),
    delayMs: draw.chance(0.3) ? draw.whole(1, 1500) : 0,
    ...(draw.chance(0.15) && { expiresInMs: draw.whole(50, 2000) }),
    ...(draw.chance(0.2) && { unique: draw.one(['a', 'b']) }),
    ...(draw.chance(0.15) && { revokeAt: at + draw.between(0, 2000) }),
    readAt: draw.chance(0.4) ? draw.list(3, () => at + draw.between(0, 4000)).toSorted((a, b) => a - b) : [],
  }
}

interface FaultRange {
  readonly healAt: number
  readonly workers: number
  readonly kinds: readonly FaultPlan['kind'][]
}

function faultPlan(draw: Draw, { healAt, workers, kinds }: FaultRange): FaultPlan {
  const kind = draw.one(kinds)
  const at = draw.between(0, healAt)
  const worker = draw.whole(0, workers - 1)
  const forMs = draw.between(10, 2500)
  if (kind === 'partition') return { kind, at, worker, forMs, way: draw.one(['up', 'down', 'both']) }
  if (kind === 'skew') return { kind, at, worker, byMs: draw.whole(-60_000, 60_000) }
  return { kind, at, worker, forMs }
}
