import { memory, memoryStore } from '@bananasjs/core/memory'
import type { MemoryOptions, MemoryTransport } from '@bananasjs/core/memory'
import type { Harness } from '../src/index.ts'
import { describeTransport } from '../src/vitest.ts'

describeTransport('memory', harness({}))

// The same transport made poorer, so that what must hold instead is tried as well.
describeTransport(
  'memory, as little as a broker may promise',
  harness({
    supports: {
      inspect: 'none',
      peek: false,
      purge: false,
      deadLetters: false,
      ordered: 'none',
      release: 'counted',
      priorityLevels: 1,
      maxDelayMs: 0,
      maxMessageBytes: 64 * 1024,
      maxBatch: 10,
      lease: { fenced: false, shared: false },
    },
    results: false,
    channel: false,
  }),
)

describeTransport(
  'memory, within narrow limits',
  harness({
    supports: {
      inspect: 'ready',
      ordered: 'group',
      priorityLevels: 3,
      maxDelayMs: 1500,
      dedupeMs: 1500,
      maxMessageBytes: 256 * 1024,
      maxBatch: 1,
      clockMs: 50,
      lease: { maxMs: 3000 },
    },
    results: { watch: false, maxValueBytes: 4096, clockMs: 50 },
    channel: { maxPayloadBytes: 4096 },
  }),
)

describeTransport(
  'memory, whose lease is the connection',
  harness({
    supports: { lease: { renewable: false, shared: false } },
    results: { watch: false, maxValueBytes: Infinity },
    channel: { maxPayloadBytes: Infinity },
  }),
)

function harness(options: MemoryOptions): Harness {
  const store = memoryStore()
  return {
    create: () => memory({ store, ...options }),
    crash: (transport) => (transport as MemoryTransport).cut(),
  }
}
