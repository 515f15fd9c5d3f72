import type { DeadLetters } from '@bananasjs/core/contract'
import { underFaults } from './call-faults.ts'
import type { ChaosController } from './chaos-controller.ts'

export function chaoticDeadLetters(inner: DeadLetters, chaos: ChaosController): DeadLetters {
  const call = (method: string, queue: string, signal: AbortSignal | undefined) => ({
    method: `dead.${method}`,
    queue,
    signal,
  })
  return {
    list: (queue, options) =>
      underFaults(chaos, call('list', queue, options.signal), () => inner.list(queue, options)),
    redrive: (queue, options) =>
      underFaults(chaos, call('redrive', queue, options?.signal), () => inner.redrive(queue, options)),
    drop: (queue, options) =>
      underFaults(chaos, call('drop', queue, options?.signal), () => inner.drop(queue, options)),
  }
}
