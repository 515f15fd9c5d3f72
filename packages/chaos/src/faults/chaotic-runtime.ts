import { parseDuration } from '@bananasjs/core'
import type { Runtime } from '@bananasjs/core/contract'
import type { ChaosController } from './chaos-controller.ts'

/** The controller's runtime with a wall clock that may be wrong. Timers and the monotonic clock stay right, as in life. */
export function chaoticRuntime(controller: ChaosController): Runtime {
  const { runtime } = controller
  return {
    ...runtime,
    now: () => runtime.now() + skewMs(controller),
  }
}

function skewMs(controller: ChaosController): number {
  if (controller.idle) return 0
  const bitten = controller.bite('clock.skew', { method: 'clock' })
  if (bitten === undefined) return 0
  const ms = parseDuration(bitten.fault.by, 'clock.skew: by')
  return bitten.fault.back === true ? -ms : ms
}
