import { parseDuration, QueueError } from '@bananasjs/core'
import type { QueueErrorCode } from '@bananasjs/core'
import type { Failure } from '@bananasjs/core/contract'
import type { ChaosController } from './chaos-controller.ts'
import type { Subject } from './matches.ts'

export interface Call extends Subject {
  /** Contract method: `broker.publish`. */
  readonly method: string
  readonly signal?: AbortSignal | undefined
}

const HANG_MS = 30_000

/**
 * A call under its faults, in the order in which a network has them: slow, refused, unanswered, and, when it has taken
 * effect, denied.
 * @param onLost what follows at the broker when nobody was given the answer
 */
// oxlint-disable-next-line max-params -- a call and what becomes of it
export async function underFaults<T>(
  controller: ChaosController,
  call: Call,
  effect: () => Promise<T>,
  onLost?: (answer: T) => Promise<void>,
): Promise<T> {
  if (controller.idle) return effect()
  await beforeCall(controller, call)
  const value = await effect()
  const after = controller.bite('call.fail-after', call)
  if (after === undefined) return value
  await onLost?.(value)
  throw failed(call, after.fault.code, 'took effect, but its answer was lost')
}

/** What may happen to a call before it has an effect. */
export async function beforeCall(controller: ChaosController, call: Call): Promise<void> {
  const slow = controller.bite('call.slow', call)
  if (slow !== undefined) await slow.hold(slow.draw(slow.fault.by), call.signal)
  if (controller.bite('call.throttle', call) !== undefined)
    throw failed(call, 'RATE_LIMITED', 'was refused: too many requests')
  const refused = controller.bite('call.fail-before', call)
  if (refused !== undefined) throw failed(call, refused.fault.code, 'failed before it had an effect')
  const hang = controller.bite('call.hang', call)
  if (hang === undefined) return
  const { for: length = HANG_MS } = hang.fault
  await hang.hold(parseDuration(length, 'call.hang: for'), call.signal)
  throw failed(call, undefined, 'was not answered')
}

/** Which of a batch fail for themselves, as `call.partial` draws it; the others are to go through. */
export function partialFailures(
  controller: ChaosController,
  subjects: readonly Subject[],
): readonly Failure[] {
  if (!controller.has('call.partial')) return []
  return subjects.flatMap((subject, index) => {
    const bitten = controller.bite('call.partial', subject)
    if (bitten === undefined) return []
    const method = subject.method ?? 'call'
    return [{ index, error: failed({ method }, bitten.fault.code, 'failed for this one of the batch') }]
  })
}

/** Sends on what is not among the failures, and joins both, with the positions of `items`. */
export async function sendRest<T>(
  items: readonly T[],
  failures: readonly Failure[],
  send: (rest: readonly T[]) => Promise<readonly Failure[]>,
): Promise<readonly Failure[]> {
  if (failures.length === 0) return send(items)
  const out = new Set(failures.map(({ index }) => index))
  const positions = items.flatMap((_, index) => (out.has(index) ? [] : [index]))
  const further = await send(positions.map((index) => items[index]!))
  const joined = [...failures, ...further.map(({ index, error }) => ({ index: positions[index]!, error }))]
  return joined.toSorted((a, b) => a.index - b.index)
}

export function failed(
  { method }: Pick<Call, 'method'>,
  code: QueueErrorCode | undefined,
  why: string,
): QueueError {
  return new QueueError(code ?? 'CONNECTION_LOST', `Chaos: ${method} ${why}.`)
}
