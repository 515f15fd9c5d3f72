import { sqlite } from '@bananasjs/sqlite'
import { runChaosWorker } from '../../src/index.ts'

/** A worker process on SQLite. Argument: the file. */
await runChaosWorker(sqlite(process.argv[2]))
