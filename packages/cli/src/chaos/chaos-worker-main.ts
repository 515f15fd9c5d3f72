import { runChaosWorker } from '@bananasjs/chaos'
import { loadTransport } from '../broker/load-transport.ts'

/** A worker process of an experiment. Arguments: address of the broker, folder that its relative paths start from. */
const [url = '', folder = process.cwd()] = process.argv.slice(2)
await runChaosWorker(await loadTransport({ url, folder, by: 'the experiment' }, true))
