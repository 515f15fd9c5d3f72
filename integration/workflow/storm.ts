import { ChaosController } from '@bananasjs/chaos'
import type { Fault } from '@bananasjs/chaos'
import { Bananas, QueueError } from '@bananasjs/core'
import { memory, memoryStore } from '@bananasjs/core/memory'
import { virtualRuntime } from '@bananasjs/core/testing'
import type { VirtualRuntime } from '@bananasjs/core/testing'
import { workflows } from '@bananasjs/workflow'
import { mortal } from './mortal.ts'
import type { Mortal } from './mortal.ts'
import { OP_TASKS, operate } from './ops.ts'
import type { Outcome } from './evaluate.ts'
import type { Shape } from './shape.ts'
import { signatureOf } from './signature-of.ts'

export interface Storm {
  readonly seed: number
  /** Faults of calls and messages, while the storm lasts. */
  readonly faults: readonly Fault[]
  /** When, in virtual milliseconds, a worker dies and another one takes its place. */
  readonly deaths: readonly number[]
}

export interface Landing {
  readonly outcome: Outcome
  /** How often each task was begun, by id. */
  readonly begun: ReadonlyMap<string, number>
  /** What the engine reported and could not mend. */
  readonly reported: readonly string[]
}

const WORKERS = 3
const LEASE_MS = 1000
const STORM_MS = 5000
const STEP_MS = 100
const LIMIT_MS = 600_000

/** Runs a workflow on the in-memory adapter in virtual time, through a storm. @throws Error when it never ends */
export async function ride(shape: Shape, storm: Storm): Promise<Landing> {
  const runtime = virtualRuntime({ seed: storm.seed })
  const store = memoryStore({ runtime })
  const begun = new Map<string, number>()
  const reported: string[] = []
  const chaos = new ChaosController({ enabled: true, runtime })
  const live = (): Life => {
    const life = mortal(chaos.transport(memory({ store })))
    return { life, ...application(life, runtime, (error) => reported.push(error.message)) }
  }
  const starting = Array.from({ length: WORKERS }, () => startWorker(live(), begun, runtime))
  const workers = await under(runtime, Promise.all(starting))
  for (const [at, fault] of storm.faults.entries())
    chaos.arm(fault, { forMs: STORM_MS, seed: storm.seed + at })
  for (const [at, death] of storm.deaths.entries())
    runtime.setTimer(() => {
      workers[at % WORKERS]!.life.die()
      void startWorker(live(), begun, runtime).then((next) => (workers[at % WORKERS] = next))
    }, death)
  const client = live()
  const ending = outcomeOf(client, shape)
  const outcome = await under(runtime, ending)
  // Callbacks and what else is still under way.
  await runtime.advance(LIMIT_MS / 10)
  return { outcome, begun, reported }
}

interface Life {
  readonly life: Mortal
  readonly app: Bananas
  readonly flows: ReturnType<typeof workflows>
}

function application(
  { transport }: Mortal,
  runtime: VirtualRuntime,
  onError: (error: QueueError) => void,
): Omit<Life, 'life'> {
  const flows = workflows({ onError })
  return { flows, app: new Bananas({ transport, runtime, plugins: [flows] }) }
}

async function startWorker(one: Life, begun: Map<string, number>, runtime: VirtualRuntime): Promise<Life> {
  const worker = one.app.worker({
    concurrency: 4,
    lease: LEASE_MS,
    signals: [],
    events: 'off',
    onError: () => undefined,
  })
  for (const task of OP_TASKS)
    worker.handle(task, async (input, { id, attempt }) => {
      if (one.life.alive) begun.set(id, (begun.get(id) ?? 0) + 1)
      await new Promise<void>((resolve) => void runtime.setTimer(resolve, runtime.random() * 50))
      return operate(task, input, attempt)
    })
  await worker.start()
  return one
}

/** As a careful client: what may not have been stored is asked for again, under the same id. */
async function outcomeOf({ flows }: Life, shape: Shape): Promise<Outcome> {
  for (;;) {
    try {
      const run = await flows.start(signatureOf(shape), 'input', { id: 'flow' })
      return { ok: true, value: await run.result({ timeout: LIMIT_MS }) }
    } catch (error) {
      if (QueueError.is(error, 'TASK_FAILED')) return { ok: false }
      if (!QueueError.is(error) || !error.retryable) throw error
    }
  }
}

async function under<T>(runtime: VirtualRuntime, work: Promise<T>): Promise<T> {
  let over = false
  const end = work.finally(() => (over = true))
  end.catch(() => undefined)
  for (let passed = 0; !over && passed <= LIMIT_MS; passed += STEP_MS) await runtime.advance(STEP_MS)
  if (!over) throw new Error(`The workflow has not ended after ${LIMIT_MS} ms of virtual time.`)
  return end
}

/** Loads what a worker loads when it starts: virtual time would not wait for the disk. */
export async function loadWorker(): Promise<void> {
  await using app = new Bananas({ transport: memory() })
  await app.worker({ signals: [] }).start()
}
