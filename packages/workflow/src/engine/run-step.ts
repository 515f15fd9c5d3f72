import { QueueError } from '@bananasjs/core'
import type { TaskContext } from '@bananasjs/core'
import { HEADER, readRef } from '../plan/node-ref.ts'
import type { NodeRef } from '../plan/node-ref.ts'
import { claimStep } from './claim.ts'
import type { Claim } from './claim.ts'
import type { Source } from './gather-value.ts'
import { errorOf, readResults } from './node-results.ts'
import { readInput } from './read-input.ts'

type Next = (instead?: { readonly input: unknown }) => Promise<unknown>

export interface StepHost extends Source {
  /** The time of a workflow is over. */
  readonly onDeadline: (ref: NodeRef) => void
}

/** How long a second message of a step waits before it looks again whether the first one is through. */
const WAIT_MS = 1000

/** Runs what has not ended yet, once, with the input it waited for. A backend that does not answer spends no attempt. */
export function runStep(host: StepHost, context: TaskContext, next: Next): Promise<unknown> {
  const ref = isPlain(context) ? undefined : readRef(context)
  return ref === undefined ? next() : runOnce(host, context, ref, next)
}

// oxlint-disable-next-line max-params -- the run of a step
async function runOnce(host: StepHost, context: TaskContext, ref: NodeRef, next: Next): Promise<unknown> {
  const known = await unlessAway(() => prepare(host, context, ref))
  if (known === undefined) return context.postpone(WAIT_MS)
  if (known.ended !== undefined) return known.ended.value
  const { claim, input } = known
  return underDeadline(host, context, ref, () => claimed(context, claim, () => next(input)))
}

interface Prepared {
  readonly ended?: { readonly value: unknown }
  readonly claim?: Claim | undefined
  readonly input?: { readonly input: unknown }
}

/** `undefined` when another message of this step runs it. */
async function prepare(host: StepHost, context: TaskContext, ref: NodeRef): Promise<Prepared | undefined> {
  const { headers } = context
  const once = HEADER.once in headers && host.host.results !== undefined
  const claiming = once ? claimStep(host, context) : undefined
  try {
    // At once: who has ended has held its claim for long before.
    const [claim, ended] = await Promise.all([
      claiming,
      mayHaveEnded(context) ? endOf(host, context) : undefined,
    ])
    if (ended === undefined && once && claim === undefined) return undefined
    if (ended === undefined) return { claim, ...(await inputOf(host, headers, ref)) }
    await claim?.end(false)
    return { ended }
  } catch (error) {
    await abandon(claiming)
    throw error
  }
}

async function inputOf(
  host: StepHost,
  headers: TaskContext['headers'],
  ref: NodeRef,
): Promise<Pick<Prepared, 'input'>> {
  if (!(HEADER.read in headers)) return {}
  return { input: { input: await readInput(host, ref, headers[HEADER.plan]) } }
}

/** A claim that nobody ended would be renewed for ever. */
async function abandon(claiming: Promise<Claim | undefined> | undefined): Promise<void> {
  await claiming?.then(
    (claim) => claim?.end(true),
    () => undefined,
  )
}

async function unlessAway<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call()
  } catch (error) {
    if (QueueError.is(error) && error.retryable) return undefined
    throw error
  }
}

async function claimed(
  { signal }: TaskContext,
  claim: Claim | undefined,
  call: () => Promise<unknown>,
): Promise<unknown> {
  if (claim === undefined) return call()
  try {
    return await call()
  } finally {
    await claim.end(signal.aborted)
  }
}

/** Has its input with it, comes for the first time, and has all the time it wants: nothing stands before its run. */
function isPlain(context: TaskContext): boolean {
  return !mayHaveEnded(context) && !(HEADER.read in context.headers) && !(HEADER.deadline in context.headers)
}

/** A step that is alone in all its life needs no look at its result. */
function mayHaveEnded({ headers, deliveries, attempt }: TaskContext): boolean {
  return HEADER.again in headers || HEADER.once in headers || deliveries > attempt
}

async function endOf(
  { host }: Source,
  context: TaskContext,
): Promise<{ readonly value: unknown } | undefined> {
  const result = (await readResults(host, [context.id])).get(context.id)
  if (result?.final !== true) return undefined
  return { value: result.state === 'succeeded' ? result.value() : context.discard(errorOf(result).message) }
}

/** When the time of the workflow is over while this step runs, the whole workflow is ended, this step with it. */
// oxlint-disable-next-line max-params -- a call under the deadline of its workflow
async function underDeadline(
  host: StepHost,
  { headers }: TaskContext,
  ref: NodeRef,
  call: () => Promise<unknown>,
): Promise<unknown> {
  const deadline = headers[HEADER.deadline]
  if (deadline === undefined) return call()
  const { runtime } = host.host
  const timer = runtime.setTimer(() => host.onDeadline(ref), Number(deadline) - runtime.now(), true)
  try {
    return await call()
  } finally {
    timer.cancel()
  }
}

/** The error of a workflow whose time is over. */
export function deadlineError(flow: string): QueueError {
  return new QueueError('TASK_TIMEOUT', `Workflow ${flow} took longer than its timeout.`)
}
