import { setTimeout as sleep } from 'node:timers/promises'
import { writeFileSync } from 'node:fs'
import { join as joinPath } from 'node:path'
import { Bananas, QueueError } from '@bananasjs/core'
import { openBroker } from './broker.ts'
import type { DemoBroker } from './broker.ts'
import { startCrew } from './crew.ts'
import type { Crew } from './crew.ts'
import { htmlReport } from './html-report.ts'
import { arriveWithTotal, countArrived, gatherId } from './join.ts'
import type { Join } from './join.ts'
import type { DemoOptions } from './options.ts'
import { showProgress } from './progress.ts'
import type { ProgressView } from './progress.ts'
import type { Report } from './report.ts'
import { openRun, STATE_ROOT } from './run-state.ts'
import type { RunState } from './run-state.ts'
import { gather, measure, measureId } from './tasks.ts'
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
  readonly join: Join
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
  const transport = await openTransport(broker.url, file)
  const app = new Bananas({ transport })
  await untilOpen(app, signal)
  const { run, scratch } = state
  const join = { app, results: transport.results, run, folder: options.folder, scratch }
  const startedAt = performance.now()
  const before = await countArrived(join)
  const view = showProgress(process.stderr, before)
  announce(options, { resumed: state.resumed, before, where: broker.where }, view)
  let deaths = 0
  const crew = startCrew({
    program: WORKER,
    args: [broker.url, file, run, options.folder, scratch],
    count: options.workers,
    onDeath(how) {
      deaths += 1
      view.note(`${how}; another one takes its place`)
    },
  })
  try {
    const report = await Promise.race([
      work({ options, state, join, crew, view, signal }),
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

async function work(demo: Demo): Promise<Report> {
  const sending = { done: false, found: 0 }
  const watching = watchProgress(demo, sending)
  const total = await sendFiles(demo, sending)
  sending.done = true
  await arriveWithTotal(demo.join, total)
  const job = demo.join.app.job(gatherId(demo.state.run), gather)
  const report = await job.result({ timeout: '7d', signal: demo.signal })
  demo.view.end()
  await Promise.race([watching, sleep(0)])
  return report
}

/** Walks the folder and sends each file once; both carry on where an earlier process was stopped. */
async function sendFiles(demo: Demo, sending: { found: number }): Promise<number> {
  const { options, state, view, signal } = demo
  const { manifest } = state
  if (manifest.get('walked') === undefined) {
    const onProblem = (path: string, code: string): void =>
      view.note(`cannot read the folder ${path || '.'}: ${code}`)
    let chunk: string[] = []
    for await (const path of walk(options.folder, { all: options.all, except: STATE_ROOT, onProblem })) {
      signal.throwIfAborted()
      chunk.push(path)
      if (chunk.length < CHUNK) continue
      manifest.add(chunk)
      chunk = []
      sending.found = manifest.count
      await sendUnsent(demo)
    }
    manifest.add(chunk)
    manifest.set('walked', 'yes')
  }
  sending.found = manifest.count
  await sendUnsent(demo)
  return manifest.count
}

async function sendUnsent({ state, join, options, signal }: Demo): Promise<void> {
  for (let files = state.manifest.unsent(CHUNK); files.length > 0; files = state.manifest.unsent(CHUNK)) {
    signal.throwIfAborted()
    await Promise.all(
      files.map(({ position, path }) => {
        const input = { run: state.run, position, folder: options.folder, path }
        return join.app.enqueue(measure, input, { id: measureId(state.run, position) })
      }),
    )
    state.manifest.markSent(files)
  }
}

async function watchProgress(demo: Demo, sending: { done: boolean; found: number }): Promise<void> {
  const { join, crew, view, signal } = demo
  let last = -1
  while (!signal.aborted) {
    const done = await countArrived(join).catch(() => undefined)
    if (done === undefined) return // closing
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
