import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { defineExperiment, processStage, runExperiment, saveReport } from '@bananasjs/chaos'
import { sqlite } from '@bananasjs/sqlite'
import { ownWork } from './own.ts'
import { send } from './send.ts'

/*
 * Three minutes of chaos on a queue in a file: the e-mails of a shop go out while attempts fail, calls are slow, answers
 * get lost and workers are killed. Prints where the report is. `--seconds 20` for the impatient.
 */
process.removeAllListeners('warning') // `node:sqlite` calls itself experimental on Node 22 and 24
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '180' },
    report: { type: 'string', default: './chaos-report' },
  },
})
const seconds = Number(values.seconds)
if (!(seconds >= 10 && seconds <= 900)) {
  process.stderr.write(`--seconds must be a number from 10 to 900, not "${values.seconds}".\n`)
  process.exit(2)
}

const experiment = defineExperiment({
  title: 'E-mails go out, whatever happens',
  steady: [
    { probe: 'success-rate', atLeast: 0.999, ...(seconds >= 120 && { confidence: 0.95 }) },
    { probe: 'lost', equals: 0 },
    { probe: 'wrong', equals: 0 },
  ],
  load: { shape: 'constant', rate: 40, task: send.name },
  phases: {
    warmUp: seconds * 125,
    inject: seconds * 625,
    recovery: seconds * 125,
    // Until the last has gone out; done sooner, it ends sooner.
    drain: '60s',
  },
  method: [
    { kind: 'task.throw', rate: 0.05, name: '5 % of the attempts fail' },
    { kind: 'call.slow', rate: 0.1, by: { from: '100ms', to: '1s' }, name: 'a tenth of all calls is slow' },
    { kind: 'call.fail-after', rate: 0.02, name: '2 % of all answers get lost' },
    { kind: 'process.kill', schedule: { every: '5s' }, name: 'a worker is killed every 5 s' },
  ],
  stop: [{ probe: 'queue-age', above: '1m' }],
})

const folder = await mkdtemp(join(tmpdir(), 'bananas-example-chaos-'))
const queue = join(folder, 'queue.db')
try {
  await using stage = await processStage({
    worker: { module: fileURLToPath(new URL('worker.ts', import.meta.url)), args: [queue] },
    transport: () => sqlite(queue),
    workers: 3,
    own: ownWork,
  })
  const report = await runExperiment(experiment, {
    stage,
    enabled: true,
    onProgress: (text) => process.stdout.write(`${text}\n`),
  })
  const { html } = await saveReport(report, values.report)
  process.stdout.write(`${report.verdict}: ${report.reasons.join('; ')}\n`)
  for (const hint of report.hints) process.stdout.write(`hint: ${hint}\n`)
  process.stdout.write(`Report: ${html}\n`)
  process.exitCode = report.verdict === 'held' ? 0 : 1
} finally {
  await rm(folder, { recursive: true, force: true })
}
