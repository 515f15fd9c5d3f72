import type { Transport } from '@bananasjs/core/contract'
import type { ChaosController } from './chaos-controller.ts'
import { ChaoticBroker } from './chaotic-broker.ts'
import { ChaoticChannel } from './chaotic-channel.ts'
import { ChaoticResultBackend } from './chaotic-result-backend.ts'

/**
 * A transport whose every call may go wrong, as the controller's faults have it. With nothing armed each call costs one
 * look and goes through. Capabilities are those of what is inside.
 */
export function chaotic(inner: Transport, controller: ChaosController): Transport {
  const { broker, results, channel, origin } = inner
  return {
    broker: new ChaoticBroker(broker, controller),
    ...(results && { results: new ChaoticResultBackend(results, controller) }),
    ...(channel && { channel: new ChaoticChannel(channel, controller) }),
    ...(inner.diagnose && { diagnose: inner.diagnose.bind(inner) }),
    // Leases of a blocked process are kept from another thread, on a connection of its own that no fault here reaches.
    ...(origin && { origin }),
  }
}
