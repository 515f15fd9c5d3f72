import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { loopDisk } from '@bananasjs/chaos'
import type { LoopDisk } from '@bananasjs/chaos'
import { Bananas } from '@bananasjs/core'
import { numbered } from './numbered.ts'
import { STORES } from './stores.ts'
import type { OpenStore, Store } from './stores.ts'

export interface PowerCutOptions {
  readonly cuts: number
  /** Each cut comes when so many tasks were acknowledged since the last one. */
  readonly tasks: number
}

export interface PowerCutOutcome {
  readonly store: string
  readonly settings: string
  readonly survives: boolean
  readonly cuts: number
  readonly acknowledged: number
  /** Acknowledged, and not there after the cut. */
  readonly lost: number
  /** There although it was never acknowledged: allowed. */
  readonly unacknowledged: number
}

const SENDER = join(import.meta.dirname, 'sending-process.ts')
const DISK_BYTES = 1024 ** 3
const LOOK_MS = 20
/** A store that acknowledges nothing for so long does not work. */
const PATIENCE_MS = 120_000
/** Of the task that is sent after a cut. */
const LAST = -1
/** Nothing more comes from a queue that was silent for so long, */
const SILENCE_MS = 3000
/** and for so long where all that was acknowledged must come. */
const LONG_SILENCE_MS = 30_000

/** Cuts the power again and again under a store in mid-load, and looks for every acknowledged task each time. */
export async function cutPower(store: Store, { cuts, tasks }: PowerCutOptions): Promise<PowerCutOutcome> {
  const disk = await loopDisk({ bytes: DISK_BYTES })
  const notes = await mkdtemp(join(tmpdir(), 'bananas-power-'))
  let acknowledged = 0
  let lost = 0
  let unacknowledged = 0
  try {
    const open = await store.open(disk.folder)
    try {
      // What it wrote as it was set up is old news by the time of a power cut.
      await promisify(execFile)('sync', ['-f', disk.folder])
      for (let cut = 0, first = 0; cut < cuts; cut += 1) {
        const file = join(notes, String(cut))
        await load({ store, open, disk, file, first, tasks })
        const promised = numbersIn(await readFile(file, 'utf8'))
        const found = await collect({ store, open, promised })
        acknowledged += promised.size
        lost += [...promised].filter((number) => !found.has(number)).length
        unacknowledged += [...found].filter((number) => !promised.has(number)).length
        first = Math.max(first, ...promised, ...found) + 1
      }
    } finally {
      await open.close()
    }
  } finally {
    await disk.close()
    await rm(notes, { recursive: true, force: true })
  }
  const { name, settings, survives } = store
  return { store: name, settings, survives, cuts, acknowledged, lost, unacknowledged }
}

interface Load {
  readonly store: Store
  readonly open: OpenStore
  readonly disk: LoopDisk
  /** Where the sender notes what was acknowledged. */
  readonly file: string
  readonly first: number
  readonly tasks: number
}

/** Tasks are sent until enough were acknowledged; then the power is cut while more are on their way. */
async function load({ store, open, disk, file, first, tasks }: Load): Promise<void> {
  const index = STORES.indexOf(store)
  const sender = spawn(
    process.execPath,
    ['--no-warnings', SENDER, ...[index, open.address, file, first].map(String)],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
  try {
    await acknowledges(sender, file, tasks)
    const { server } = open
    await disk.powerCut(
      () => (server === undefined ? sender.kill('SIGSTOP') : server.freeze()),
      async () => {
        await end(sender)
        await server?.kill()
      },
    )
    await server?.start()
  } finally {
    await end(sender)
  }
}

async function acknowledges(sender: ChildProcess, file: string, tasks: number): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    await sleep(LOOK_MS)
    const notes = await readFile(file, 'utf8').catch(() => '')
    if (numbersIn(notes).size >= tasks) return
    if (sender.exitCode !== null) throw new Error(`The sender ended with code ${sender.exitCode}.`)
    if (performance.now() > deadline) throw new Error(`Fewer than ${tasks} tasks were acknowledged in time.`)
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

interface Collecting {
  readonly store: Store
  readonly open: OpenStore
  /** What was acknowledged. */
  readonly promised: ReadonlySet<number>
}

/** Runs what is there, and what is sent afterwards: only a store that works again can be said to have lost the rest. */
async function collect({ store, open, promised }: Collecting): Promise<ReadonlySet<number>> {
  const app = new Bananas({ transport: store.connect(open.address) })
  const found = new Set<number>()
  let lastAt = 0
  await app
    .worker({ concurrency: 100 })
    .handle(numbered, (number) => {
      found.add(number)
      lastAt = performance.now()
    })
    .start()
  await app.enqueue(numbered, LAST)
  const deadline = performance.now() + PATIENCE_MS
  const isQuiet = (): boolean => {
    const silentMs = performance.now() - lastAt
    if (silentMs < SILENCE_MS) return false
    return !store.survives || silentMs > LONG_SILENCE_MS || [...promised].every((number) => found.has(number))
  }
  while (!found.has(LAST) || !isQuiet()) {
    if (performance.now() > deadline)
      throw new Error(`${store.name} (${store.settings}) does not work after the cut.`)
    await sleep(LOOK_MS)
  }
  await app.close()
  found.delete(LAST)
  return found
}

/** A line that was cut short is no number. */
function numbersIn(notes: string): ReadonlySet<number> {
  const lines = notes.split('\n').slice(0, -1)
  return new Set(lines.map(Number))
}
