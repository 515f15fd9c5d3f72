import { QueueError } from '@bananasjs/core'
import type { Bananas, EnqueueOptions } from '@bananasjs/core'
import { sleep, systemRuntime } from '@bananasjs/core/contract'
import { chanceOf } from '../faults/chance.ts'
import { sampler } from '../faults/distribution.ts'
import { GROUP_HEADER, KEY_HEADER, RUN_HEADER } from '../faults/subjects.ts'
import type { Experiment } from './experiment.ts'
import { monotonicMs } from './facts.ts'
import type { Group, Ledger } from './ledger.ts'
import type { Due } from './load-profile.ts'
import type { OwnWork } from './own-work.ts'
import { CONTROL_QUEUE, work, WORK_QUEUE } from './work.ts'

export interface LoadGeneratorOptions {
  readonly experiment: Experiment
  readonly due: Due
  readonly ledger: Ledger
  /** Sends what may be hit. */
  readonly sender: Bananas
  /** Sends the control group. */
  readonly control: Bananas
  /** What is sent, in place of the load's own task. */
  readonly own?: OwnWork | undefined
  /** Marks the tasks. */
  readonly run: string
  readonly signal: AbortSignal
}

const TICK_MS = 20
/** A broker that does not answer must not fill the memory: what is due then waits. */
const MOST_IN_FLIGHT = 1000
/** As an application would: the same task, under the same id, until the broker says yes. */
const TRY_FOR_MS = 30_000
const TRY_AGAIN_MS = 100
const SLOWEST_MS = 1000

/** Sends the load of an experiment as it falls due, whatever the broker does. Resolves when it was aborted and nothing is on its way. */
export async function generateLoad(options: LoadGeneratorOptions): Promise<void> {
  const { due, signal, ledger } = options
  const { seed = 1, control = 0.2, load } = options.experiment
  const workMs = sampler(load.work ?? { from: 0, to: 20 }, 'load.work')
  const startedAt = monotonicMs()
  const inFlight = new Set<Promise<void>>()
  while (!signal.aborted) {
    const owed = due(monotonicMs() - startedAt) - ledger.entries.length
    for (let n = 0; n < owed && inFlight.size < MOST_IN_FLIGHT; n += 1) {
      const next = ledger.entries.length
      const group: Group = chanceOf(seed, `group ${next}`) < control ? 'control' : 'fault'
      const task = ledger.sent(group, monotonicMs())
      const sending = send(options, task, group, Math.round(workMs(chanceOf(seed, `work ${task}`))))
      inFlight.add(sending)
      void sending.finally(() => inFlight.delete(sending))
    }
    await sleep(systemRuntime, TICK_MS, signal).catch(() => undefined)
  }
  await Promise.all(inFlight)
}

// oxlint-disable-next-line max-params -- a task is its number, its group and its work
async function send(
  { sender, control, ledger, experiment, run, own }: LoadGeneratorOptions,
  task: number,
  group: Group,
  ms: number,
): Promise<void> {
  const [app, queue] = group === 'control' ? [control, CONTROL_QUEUE] : [sender, WORK_QUEUE]
  const id = systemRuntime.id()
  const headers = { [KEY_HEADER]: String(task), [GROUP_HEADER]: group, [RUN_HEADER]: run }
  const retryLimit = experiment.load.retries
  const placed = { id, queue, headers, ...(retryLimit !== undefined && { retryLimit }) }
  const deadline = monotonicMs() + TRY_FOR_MS
  for (let waitMs = TRY_AGAIN_MS; ; waitMs = Math.min(waitMs * 2, SLOWEST_MS)) {
    try {
      await enqueue({ app, own, task, ms }, placed)
      return ledger.acknowledged(task, monotonicMs())
    } catch (error) {
      if (!QueueError.is(error) || !error.retryable || monotonicMs() > deadline) return ledger.refused(task)
      ledger.resent(task)
      await sleep(systemRuntime, waitMs)
    }
  }
}

interface Sending {
  readonly app: Bananas
  readonly own: OwnWork | undefined
  readonly task: number
  readonly ms: number
}

async function enqueue({ app, own, task, ms }: Sending, options: EnqueueOptions): Promise<void> {
  if (own === undefined) await app.enqueue(work, { task, ms }, options)
  else await app.enqueue(own.task, own.input(task), options)
}
