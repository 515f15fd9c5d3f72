import { parentPort, workerData } from 'node:worker_threads'
import { explore } from '../../src/index.ts'
import type { ExploreOptions } from '../../src/index.ts'

/** One share of the seeds, in a thread of its own. */
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- to a thread, not to a window
parentPort!.postMessage(await explore(workerData as ExploreOptions))
