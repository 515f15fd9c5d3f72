import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Bananas, defineTask } from '@bananasjs/core'
import { memory } from '@bananasjs/core/memory'
import { sqlite } from '@bananasjs/sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  checkHistory,
  checkHistoryFolder,
  historyFile,
  memoryHistory,
  readHistory,
  recordEnd,
  recordHistory,
  recordStop,
} from '../../src/index.ts'
import type { HistoryEvent } from '../../src/index.ts'
import { until } from '../faults/stage.ts'

const WORKER = fileURLToPath(new URL('recorded-process.ts', import.meta.url))
const work = defineTask<{ fails: boolean }, string>('work', { retry: { limit: 2, delay: 20 } })

interface Running {
  readonly child: ChildProcess
  /** The name of this life in the history. */
  readonly by: string
}

async function workerProcess(file: string, folder: string): Promise<Running> {
  const child = fork(WORKER, [file, folder], { execArgv: ['--no-warnings'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [{ by }] = (await once(child, 'message')) as [{ by: string }]
  return { child, by: basename(by, '.history') }
}

const of = (events: readonly HistoryEvent[], task: string): readonly string[] =>
  events.filter((event) => 'task' in event && event.task === task).map(({ kind }) => kind)

describe('a recorded application', () => {
  it('writes down the life of a task, from its sending to its result', async () => {
    const history = memoryHistory(() => performance.now())
    const { transport, plugin } = recordHistory(history)
    const app = new Bananas({ transport: transport(memory()), plugins: [plugin] })
    onTestFinished(() => app.close())
    const worker = app.worker({ signals: [] })
    worker.handle(work, ({ fails }, { discard }) => (fails ? discard('no') : 'done'))
    await worker.start()
    const good = await app.enqueue(work, { fails: false })
    const bad = await app.enqueue(work, { fails: true })
    expect(await good.result()).toBe('done')
    await expect(bad.result()).rejects.toThrow('no')
    await recordStop(history, () => worker.stop())
    await recordEnd(app.broker, ['default'], history)
    const life = of(history.events, good.id)
    for (const kind of ['send', 'sent', 'lease', 'start', 'end', 'put', 'settle', 'settled', 'read'])
      expect(life).toContain(kind)
    expect(life.indexOf('send')).toBeLessThan(life.indexOf('sent'))
    expect(life.indexOf('put')).toBeLessThan(life.indexOf('settle'))
    expect(of(history.events, bad.id)).toContain('letter')
    const judgement = checkHistory(history.events, { retryLimit: 2, ordered: 'queue' })
    expect(judgement.findings.filter(({ outcome }) => outcome === 'violated')).toEqual([])
    expect(judgement.verdict).toBe('kept')
  })

  it('writes down what was refused, and what nobody knows', async () => {
    const history = memoryHistory(() => performance.now())
    const inner = memory()
    const { broker } = recordHistory(history).transport(inner)
    const message = { id: 'm', headers: {}, body: Buffer.from('x'), priority: 50, delayMs: 0 }
    await broker.publish('q', [{ ...message, priority: 1000 }])
    inner.broker.publish = () => Promise.reject(new Error('the line went dead'))
    await expect(broker.publish('q', [message])).rejects.toThrow('dead')
    expect(of(history.events, 'm')).toEqual(['send', 'refused', 'send', 'unsure'])
  })

  it('keeps every promise, and its history, through a SIGKILL', { timeout: 60_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'recorded-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const file = join(folder, 'tasks.db')
    const history = historyFile({ folder, by: 'test' })
    const { transport } = recordHistory(history)
    const app = new Bananas({ transport: transport(sqlite(file)) })
    onTestFinished(() => app.close())
    const [victim, other] = await Promise.all([workerProcess(file, folder), workerProcess(file, folder)])
    const count = 2000
    await app.enqueueMany(
      work,
      Array.from({ length: count }, (_, index) => ({ fails: index % 10 === 0 })),
    )
    await until('the victim is in the middle of it', () => {
      const starts = [...readHistory(folder)].filter(({ kind, by }) => kind === 'start' && by === victim.by)
      return starts.length >= 20
    })
    victim.child.kill('SIGKILL')
    await once(victim.child, 'exit')
    history.write({ kind: 'killed', victim: victim.by })
    await until('nothing is left', async () => {
      const { ready, delayed = 0, leased = 0 } = await app.queues.inspect('default')
      return ready + delayed + leased === 0
    })
    other.child.kill('SIGTERM')
    await once(other.child, 'exit')
    await recordEnd(app.broker, ['default'], history)
    history.close()
    const judgement = checkHistoryFolder(folder, { retryLimit: 2, clockMs: 25 })
    expect(judgement.findings.filter(({ outcome }) => outcome === 'violated')).toEqual([])
    expect(judgement).toMatchObject({ verdict: 'kept', damaged: [] })
    const noLoss = judgement.findings.find(({ id }) => id === 'I1')!
    expect(noLoss).toMatchObject({ outcome: 'kept', judged: count })
  })
})
