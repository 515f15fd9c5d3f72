import { runChaosWorker } from '@bananasjs/chaos'
import { sqlite } from '@bananasjs/sqlite'
import { ownWork } from './own.ts'

/** A worker that is there to be killed. Argument: the file of the queue. */
await runChaosWorker(sqlite(process.argv[2]), ownWork)
