import { setTimeout as sleep } from 'node:timers/promises'
import { writeFileSync } from 'node:fs'
import { join as joinPath } from 'node:path'
import { Bananas, QueueError } from '@bananasjs/core'
import { step, workflows } from '@bananasjs/workflow'
import type { Workflows } from '@bananasjs/workflow'
import { openBroker } from './broker.ts'
import type { DemoBroker } from './broker.ts'
import { startCrew } from './crew.ts'
import type { Crew } from './crew.ts'
import { htmlReport } from './html-report.ts'
import type { DemoOptions } from './options.ts'
import { showProgress } from './progress.ts'
import type { ProgressView } from './progress.ts'
import type { Report } from './report.ts'
import { openRun, STATE_ROOT } from './run-state.ts'
import type { RunState } from './run-state.ts'
import { gather, measure } from './tasks.ts'
import type { MeasureInput } from './tasks.ts'
import { textReport } from './text-report.ts'
import type { RunFacts } from './text-report.ts'
import { openTransport } from './transport.ts'
import { SKIPPED, walk } from './walk.ts'

const WORKER = joinPath(import.meta.dirname, 'worker-main.ts')
const CHUNK = 500
const LOOK_MS = 100
const STARTING_MS = 90_000

interface Demo {
  readonly options: DemoOptions
  readonly state: RunState
  readonly flows: Workflows
  readonly crew: Crew
  readonly view: ProgressView
  readonly signal: AbortSignal
}

/** From the folder to the report. Rejects with the signal's reason when stopped; running it again then carries on. */
export async function runDemo(options: DemoOptions, signal: AbortSignal): Promise<void> {
  const state = openRun(options.folder, options.broker, options.fresh)
  try {
    const broker = await openBroker(options.broker, state.files)
    try {
      await runOn(options, signal, { state, broker })
    } finally {
      await broker.stop()
    }
  } finally {
    state.release()
  }
}

async function runOn(
  options: DemoOptions,
  signal: AbortSignal,
  { state, broker }: { readonly state: RunState; readonly broker: DemoBroker },
): Promise<void> {
  const file = joinPath(state.files, 'results.db')
  const flows = workflows()
  const app = new Bananas({ transport: await openTransport(broker.url, file), plugins: [flows] })
  await untilOpen(app, signal)
  const startedAt = performance.now()
  const before = (await countMeasured(flows, state)) ?? 0
  const view = showProgress(process.stderr, before)
  announce(options, { resumed: state.resumed, before, where: broker.where }, view)
  let deaths = 0
  const crew = startCrew({
    program: WORKER,
    args: [broker.url, file],
    count: options.workers,
    onDeath(how) {
      deaths += 1
      view.note(`${how}; another one takes its place`)
    },
  })
  try {
    const report = await Promise.race([
      work({ options, state, flows, crew, view, signal }),
      crew.failed,
      aborted(signal),
    ])
    const seconds = (performance.now() - startedAt) / 1000
    const measured = report.files + report.problemCount - before
    state.finish()
    present(options, state, report, { seconds, measured, workers: options.workers, deaths })
  } finally {
    view.end()
    await crew.stop()
    await app.close()
  }
}

/** A server that was started a moment ago takes its time. @throws what the last try threw, after a minute and a half */
async function untilOpen(app: Bananas, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + STARTING_MS
  for (;;) {
    try {
      return await app.open()
    } catch (error) {
      signal.throwIfAborted()
      if (!QueueError.is(error) || !error.retryable || performance.now() > deadline) throw error
      await sleep(LOOK_MS, undefined, { signal })
    }
  }
}

/** A chord: one task for each file, and a last one with all that they returned. The same id carries on what has begun. */
async function work(demo: Demo): Promise<Report> {
  const { options, state, flows, signal } = demo
  const { run: id, scratch } = state
  const sending = { done: false, found: 0 }
  const watching = watchProgress(demo, sending)
  const body = step(gather).with({ folder: options.folder, scratch })
  const run = await flows.startEach(measure, inputs(demo, sending), { id, body, signal })
  sending.done = true
  const report = await run.result({ timeout: '7d', signal })
  demo.view.end()
  await Promise.race([watching, sleep(0)])
  return report
}

/** Every file of the folder, always in the same order: those that are known already, and those that are found from now on. */
async function* inputs(demo: Demo, sending: { found: number }): AsyncGenerator<MeasureInput> {
  const { options, state, view, signal } = demo
  const { manifest } = state
  const { folder } = options
  let last = 0
  const fresh = function* (): Generator<MeasureInput> {
    sending.found = manifest.count
    for (let files = manifest.after(last, CHUNK); files.length > 0; files = manifest.after(last, CHUNK)) {
      for (const { path } of files) yield { folder, path }
      last = files.at(-1)!.position
    }
  }
  yield* fresh()
  if (manifest.get('walked') !== undefined) return
  const onProblem = (path: string, code: string): void =>
    view.note(`cannot read the folder ${path || '.'}: ${code}`)
  let chunk: string[] = []
  for await (const path of walk(folder, { all: options.all, except: STATE_ROOT, onProblem })) {
    signal.throwIfAborted()
    chunk.push(path)
    if (chunk.length < CHUNK) continue
    manifest.add(chunk)
    chunk = []
    yield* fresh()
  }
  manifest.add(chunk)
  manifest.set('walked', 'yes')
  yield* fresh()
}

/** `undefined` before the first file is sent, and while all is closing. */
async function countMeasured(flows: Workflows, { run }: RunState): Promise<number | undefined> {
  try {
    const { nodes } = await flows.run(run).status()
    return nodes.find(({ members }) => members !== undefined)?.members?.ended
  } catch {
    return undefined
  }
}

async function watchProgress(demo: Demo, sending: { done: boolean; found: number }): Promise<void> {
  const { flows, state, crew, view, signal } = demo
  let last = -1
  while (!signal.aborted) {
    const done = (await countMeasured(flows, state)) ?? Math.max(0, last)
    if (done > last) crew.noteProgress()
    last = done
    view.update(done, sending.found, !sending.done)
    if (sending.done && done >= sending.found) return
    await sleep(LOOK_MS)
  }
}

function announce(
  options: DemoOptions,
  { resumed, before, where }: { readonly resumed: boolean; readonly before: number; readonly where: string },
  view: ProgressView,
): void {
  const left = options.all ? '' : ` (without ${SKIPPED.join(' and ')})`
  view.note(`Measuring ${options.folder}${left} on ${where} with ${options.workers} worker processes.`)
  if (resumed) view.note(`An earlier run was stopped; carrying on after ${before} files.`)
}

function present(options: DemoOptions, state: RunState, report: Report, run: RunFacts): void {
  const bold = (text: string): string => (options.colour ? `\u001b[1m${text}\u001b[22m` : text)
  const page = options.html ?? state.page
  writeFileSync(page, htmlReport(report, run))
  process.stdout.write(`${textReport(report, run, bold)}The same as a page: ${page}\n`)
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
