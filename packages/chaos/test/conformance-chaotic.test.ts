import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeTransport } from '@bananasjs/conformance/vitest'
import { memory, memoryStore } from '@bananasjs/core/memory'
import type { MemoryTransport } from '@bananasjs/core/memory'
import type { Transport } from '@bananasjs/core/contract'
import { sqlite } from '@bananasjs/sqlite'
import { chaotic, ChaosController } from '../src/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'bananas-chaotic-'))
const idleStore = memoryStore()
const store = memoryStore()
const insides = new WeakMap<Transport, MemoryTransport>()

/** One fault armed that hits nothing: no decorator may step aside, and still nothing may change. */
function armed(): ChaosController {
  const chaos = new ChaosController({ enabled: true })
  chaos.arm({ kind: 'call.fail-before', match: { method: 'no.such' } }, { forMs: 3_600_000 })
  return chaos
}

describeTransport('chaotic memory, idle', {
  create: () => chaotic(memory({ store: idleStore }), new ChaosController({ enabled: false })),
})

describeTransport('chaotic memory, armed with a fault that hits nothing', {
  create() {
    const inside = memory({ store })
    const transport = chaotic(inside, armed())
    insides.set(transport, inside)
    return transport
  },
  crash: (transport) => insides.get(transport)?.cut(),
})

describeTransport('chaotic sqlite, armed with a fault that hits nothing', {
  create: () => chaotic(sqlite(join(folder, 'conformance.db')), armed()),
  after: () => rmSync(folder, { recursive: true, force: true }),
})
