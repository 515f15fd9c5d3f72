import { Worker } from 'node:worker_threads'

/** No fault may take a process away for longer. */
const LONGEST_BLOCK_MS = 60_000
const MOST_THREADS = 16
/** All that faults of one process may hold together, whatever they ask for. */
const MOST_BYTES = 4 * 1024 ** 3
const STEP_BYTES = 16 * 1024 ** 2

let heldBytes = 0

/** Nothing else runs in this thread meanwhile. It cannot hear that its fault ends before its time. */
export function blockEventLoop(ms: number, ended: AbortSignal): void {
  if (ended.aborted) return
  const until = performance.now() + Math.min(ms, LONGEST_BLOCK_MS)
  while (performance.now() < until);
}

/** Threads that do nothing but use up processors, for so long; returns what ends them. */
export function burnProcessor(ms: number, threads: number): () => Promise<void> {
  const code = `const until = performance.now() + ${Math.min(ms, LONGEST_BLOCK_MS)}; while (performance.now() < until);`
  const workers = Array.from({ length: Math.min(threads, MOST_THREADS) }, () => {
    const worker = new Worker(code, { eval: true })
    worker.unref()
    return worker
  })
  return async () => {
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
}

export interface Memory {
  readonly bytes: number
  release(): void
}

/**
 * Memory that is really in use: each page is written to. Less than asked for when `most`, or what all faults of this
 * process may hold, is reached.
 */
export function takeMemory(bytes: number, most: number = MOST_BYTES): Memory {
  const room = Math.max(0, Math.min(bytes, most - heldBytes, MOST_BYTES - heldBytes))
  let buffers: Buffer[] = []
  for (let left = room; left > 0; left -= STEP_BYTES)
    buffers.push(Buffer.alloc(Math.min(left, STEP_BYTES), 1))
  heldBytes += room
  return {
    bytes: room,
    release() {
      if (buffers.length > 0) heldBytes -= room
      buffers = []
    },
  }
}

/** What faults of this process hold now. */
export function memoryHeld(): number {
  return heldBytes
}
