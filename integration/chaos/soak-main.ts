import { parseArgs } from 'node:util'
import { saveReport } from '@bananasjs/chaos'
import { STARTERS } from '../matrix/starters.ts'
import { runOn } from './run-on.ts'
import { soak } from './soak.ts'

/**
 * Very many tasks while workers and broker are killed again and again, the whole time:
 * `node integration/chaos/soak-main.ts --tasks 1000000 --rate 2000 --kills 200 --restarts 20 --broker "Redis with its log"`.
 * With --history all promises are judged, from some 2 kB a task in a temporary folder. Writes its report into chaos-report/, or
 * --into a folder: the docs keep one in docs/public/reports. Exit code 1 unless it held.
 */
const { values } = parseArgs({
  options: {
    tasks: { type: 'string', default: '1000000' },
    rate: { type: 'string', default: '2000' },
    kills: { type: 'string', default: '200' },
    restarts: { type: 'string', default: '20' },
    history: { type: 'boolean', default: false },
    broker: { type: 'string', default: 'Redis with its log' },
    into: { type: 'string', default: 'chaos-report' },
  },
})
const [tasks, rate, kills, restarts] = [values.tasks, values.rate, values.kills, values.restarts].map(Number)
const starter = STARTERS.find(({ name }) => name === values.broker)
if (starter === undefined) throw new Error(`There is no broker "${values.broker}".`)
const report = await runOn(
  starter,
  soak({ tasks: tasks!, rate: rate!, kills: kills!, restarts: restarts! }),
  {
    concurrency: 50,
    history: values.history,
    onProgress: (text) => process.stdout.write(`${text}\n`),
  },
)
const saved = await saveReport(report, values.into, 'soak')
process.stdout.write(`${report.verdict}: ${report.reasons.join('; ')}\n${saved.html}\n`)
process.exit(report.verdict === 'held' ? 0 : 1)
