import type { Contender, Measure, Round } from './case.ts'
import { DeliveryCheck } from './delivery-check.ts'
import type { QueueSystem, QueueSystemKind, SystemOptions } from './systems/queue-system.ts'

/** Without one more run in this time, what is missing counts as lost. */
const STALL_MS = 20_000

export interface SystemRound {
  readonly tasks: number
  readonly measures: readonly Measure[]
  readonly results?: boolean
  /** Does the work and returns the figures. Whatever it enqueued must have run when it returns. */
  readonly measure: (system: QueueSystem, check: DeliveryCheck) => Promise<Readonly<Record<string, number>>>
}

let queues = 0

/** Each round gets fresh connections and an empty queue of its own; the verdict falls after everything is closed. */
export function contenders(kinds: readonly QueueSystemKind[], round: SystemRound): readonly Contender[] {
  return kinds.map((kind) => ({ name: kind.name, role: kind.role, round: () => runOnce(kind, round) }))
}

async function runOnce(
  kind: QueueSystemKind,
  { tasks, results = false, measure }: SystemRound,
): Promise<Round> {
  const check = new DeliveryCheck(tasks)
  const options: SystemOptions = { queue: `bench-${(queues += 1)}`, results }
  try {
    const system = await kind.open(options)
    try {
      const figures = await measure(system, check)
      return { figures, delivery: await closed(system, check) }
    } catch (error) {
      await system.close().catch(() => {})
      throw error
    }
  } finally {
    await kind.clear()
  }
}

async function closed(system: QueueSystem, check: DeliveryCheck): Promise<NonNullable<Round['delivery']>> {
  await system.close()
  return check.verdict()
}

/** Resolves when every task has run and nothing is left to acknowledge, or when nothing more comes. */
export async function settled(
  system: Pick<QueueSystem, 'pending'>,
  check: DeliveryCheck,
  stallMs: number = STALL_MS,
): Promise<void> {
  if (!(await allRan(check, stallMs))) return
  const deadline = performance.now() + stallMs
  while ((await system.pending()) > 0 && performance.now() < deadline)
    await new Promise((resolve) => void setImmediate(resolve))
}

/** `false` when the runs stopped coming before all had run. */
async function allRan(check: DeliveryCheck, stallMs: number): Promise<boolean> {
  let seen = -1
  let timer: NodeJS.Timeout | undefined
  const stalled = new Promise<false>((resolve) => {
    timer = setInterval(() => {
      if (check.runs === seen) resolve(false)
      seen = check.runs
    }, stallMs)
  })
  try {
    return await Promise.race([check.complete.then(() => true as const), stalled])
  } finally {
    clearInterval(timer)
  }
}

/** Untimed: runs what is queued, for the check. */
export async function drain(system: QueueSystem, check: DeliveryCheck): Promise<void> {
  await system.work(100, ({ n }) => {
    check.ran(n)
    return undefined
  })
  await settled(system, check)
}
