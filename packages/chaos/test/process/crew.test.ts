import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Crew } from '../../src/index.ts'
import type { Death } from '../../src/index.ts'
import { until } from '../faults/stage.ts'

const IDLE = fileURLToPath(new URL('idle-process.ts', import.meta.url))

function crew(size = 2): { crew: Crew; deaths: Death[]; spawned: ChildProcess[] } {
  const deaths: Death[] = []
  const spawned: ChildProcess[] = []
  const made = new Crew({
    size,
    spawn() {
      const child = spawn(process.execPath, ['--no-warnings', IDLE], { stdio: ['ignore', 'pipe', 'inherit'] })
      child.stdout.resume()
      spawned.push(child)
      return child
    },
    onExit: (death) => deaths.push(death),
  }).start()
  onTestFinished(() => made.close(2000))
  return { crew: made, deaths, spawned }
}

const stateOf = (pid: number): string => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.slice(0, 1)

describe('a crew', () => {
  it('process.kill kills one at each time, who is replaced, and nobody after it is over', async () => {
    const { crew: made, deaths, spawned } = crew()
    const fault = made.arm({ kind: 'process.kill', schedule: { every: 200 } }, { forMs: 60_000 })
    await until('two died', () => deaths.length >= 2)
    await fault.disarm()
    const bites = fault.bites()
    await until('all are reported', () => deaths.length === bites.count)
    expect(deaths.every(({ signal }) => signal === 'SIGKILL')).toBe(true)
    expect(bites.victims[0]).toMatch(/^crew-\d+ \(pid \d+\)$/)
    await until('they are replaced', () => made.children.length === 2)
    expect(spawned.length).toBe(2 + bites.count)
  })

  it('who is killed died then, however late that is heard of', async () => {
    const { crew: made, deaths } = crew()
    const fault = made.arm({ kind: 'process.kill', limit: 1 }, { forMs: 60_000 })
    const killed = performance.now()
    // Busy: the exit is heard of afterwards.
    while (performance.now() - killed < 300);
    await until('it is heard of', () => deaths.length === 1)
    expect(deaths[0]!.at).toBeLessThanOrEqual(killed)
    await fault.disarm()
  })

  it('nobody is killed who was killed already', async () => {
    const { crew: made, deaths } = crew(1)
    const [first, second] = [1, 2].map(() => made.arm({ kind: 'process.kill' }, { forMs: 60_000 }))
    await until('it is heard of', () => deaths.length === 1)
    expect([first!.bites().count, second!.bites().count]).toEqual([1, 0])
    await Promise.all([first!.disarm(), second!.disarm()])
  })

  it('process.stop stops a process and lets it go on when the fault ends', async () => {
    const { crew: made } = crew(1)
    const pid = made.children[0]!.pid!
    const fault = made.arm({ kind: 'process.stop', resumeAfter: '1h' }, { forMs: 60_000 })
    await until('it stands still', () => stateOf(pid) === 'T')
    expect(fault.bites().count).toBe(1)
    await fault.disarm()
    await until('it goes on', () => stateOf(pid) !== 'T')
  })

  it('process.stop ends though the one who stopped it was killed', async () => {
    const script = fileURLToPath(new URL('stopping-process.ts', import.meta.url))
    const controller = spawn(process.execPath, ['--no-warnings', script, IDLE], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [said] = (await once(controller.stdout, 'data')) as [Buffer]
    const pid = Number(said.toString())
    onTestFinished(() => void process.kill(pid, 'SIGKILL'))
    await until('it stands still', () => stateOf(pid) === 'T')
    controller.kill('SIGKILL')
    await once(controller, 'exit')
    await until('it goes on', () => stateOf(pid) !== 'T')
  })

  it('process.term asks a process to stop', async () => {
    const { crew: made, deaths, spawned } = crew(1)
    await once(spawned[0]!.stdout!, 'data')
    made.arm({ kind: 'process.term' }, { forMs: 60_000 })
    await until('it left', () => deaths.length === 1)
    expect(deaths[0]!.signal).toBeNull()
  })

  it('hurts only who matches, and nobody outside the blast radius', async () => {
    const { crew: made, deaths } = crew(2)
    const out = made.arm({ kind: 'process.kill' }, { forMs: 60_000, blast: { workers: ['other-*'] } })
    expect(out.bites().count).toBe(0)
    const one = made.arm({ kind: 'process.kill', match: { worker: 'crew-2' } }, { forMs: 60_000 })
    await until('one died', () => deaths.length === 1)
    expect(deaths[0]!.name).toBe('crew-2')
    expect(one.bites().count).toBe(1)
  })
})
