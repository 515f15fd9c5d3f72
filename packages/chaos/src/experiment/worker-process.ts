import { Bananas, QueueError } from '@bananasjs/core'
import type { Transport } from '@bananasjs/core/contract'
import { ChaosController } from '../faults/chaos-controller.ts'
import { chaosAgent } from './chaos-agent.ts'
import { factFile, witness } from './facts.ts'
import { historyFile } from '../history/history-file.ts'
import { recordHistory } from '../history/record-history.ts'
import { parentLine } from './line.ts'
import type { OwnWork } from './own-work.ts'
import { handleWork, rightOf } from './work.ts'

/** How a worker process is told what it is to be: JSON in this variable. */
export const WORKER_VARIABLE = 'BANANAS_CHAOS_WORKER'

export interface WorkerSetting {
  readonly name: string
  /** The run it works for. */
  readonly run: string
  readonly queue: string
  /** Where it writes down what it does. */
  readonly folder: string
  readonly namespace: string
  readonly concurrency: number
  readonly leaseMs: number
  readonly maxCrashes?: number | undefined
  /** Writes down a history beside its facts. */
  readonly history: boolean
}

/**
 * The whole of a worker process of an experiment: works on the load, under the faults that the experiment wants here, until
 * it is told to stop or the experiment is gone.
 * @throws QueueError INVALID when no experiment started this process
 */
export async function runChaosWorker(transport: Transport, own?: OwnWork): Promise<void> {
  const setting = readSetting()
  const chaos = new ChaosController({ enabled: true, name: setting.name, expendable: true })
  const facts = factFile(setting.folder)
  const id = `${setting.name}.${process.pid}`
  const history = setting.history ? historyFile({ folder: setting.folder, by: id }) : undefined
  const recorder = history && recordHistory(history)
  const app = new Bananas({
    transport: chaos.transport(recorder?.transport(transport) ?? transport),
    plugins: [
      ...(recorder ? [recorder.plugin] : []),
      witness(facts, setting.run, rightOf(own)),
      chaos.plugin,
    ],
    runtime: chaos.skewed,
    namespace: setting.namespace,
  })
  process.once('disconnect', () => process.exit(1)) // never outlive the experiment
  process.once('SIGTERM', () => history?.write({ kind: 'stopping' }))
  const { queue, concurrency, leaseMs, maxCrashes } = setting
  const worker = app.worker({
    id,
    queues: [queue],
    concurrency,
    lease: leaseMs,
    ...(maxCrashes !== undefined && { maxCrashes }),
    drain: '5s',
    onError: () => undefined,
  })
  await handleWork(worker, own)
  await worker.start()
  const stop = chaosAgent(chaos, parentLine())
  await worker.run()
  await stop()
  await app.close()
  history?.write({ kind: 'down' })
  history?.close()
  facts.close()
  process.disconnect?.()
}

function readSetting(): WorkerSetting {
  const text = process.env[WORKER_VARIABLE]
  if (text === undefined)
    throw new QueueError('INVALID', `This worker is started by an experiment, which sets ${WORKER_VARIABLE}.`)
  return JSON.parse(text) as WorkerSetting
}
