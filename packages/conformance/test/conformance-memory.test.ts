import { memory, memoryStore } from '@bananasjs/core/memory'
import type { MemoryTransport } from '@bananasjs/core/memory'
import { describeTransport } from '../src/vitest.ts'

const store = memoryStore()

describeTransport('memory', {
  create: () => memory({ store }),
  crash: (transport) => (transport as MemoryTransport).cut(),
})
