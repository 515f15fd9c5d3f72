import { describe, expect, it } from 'vitest'
import { jsonLines } from './project.ts'
import type { Project } from './project.ts'
import { tasksProject } from './tasks-project.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/

describe('the program on SQLite', { timeout: 120_000 }, () => {
  it('takes a task from enqueue over a worker to its result', async () => {
    const { bananas, start } = tasksProject()
    const sent = await bananas(['enqueue', 'math.add', '{"a":1,"b":2}'])
    expect(sent).toMatchObject({ code: 0, stderr: '' })
    const id = sent.stdout.trim()
    expect(id).toMatch(UUID)
    expect((await bananas(['queues'])).stdout).toMatch(/^queue +ready .*\ndefault +1 +0 +0 +0\n$/)

    const worker = start(['worker', '--json'])
    await worker.says('"state":"running"')
    const results = await bananas(['results', id, '--wait', '--json'])
    expect(results.code).toBe(0)
    expect(jsonLines(results.stdout)).toMatchObject([
      { id, state: 'succeeded', task: 'math.add', attempt: 1, value: 3 },
    ])
    expect((await bananas(['results', id])).stdout).toMatch(/succeeded {2}math\.add[^]*value +3\n/)

    const waited = await bananas(['enqueue', 'math.add', '{"a":20,"b":2}', '--wait', '--json'])
    expect({ code: waited.code, lines: jsonLines(waited.stdout) }).toMatchObject({
      code: 0,
      lines: [{ value: 22 }],
    })
    const failed = await bananas(['enqueue', 'math.fail', '"no"', '--wait-for', '1m', '--json'])
    expect({ code: failed.code, lines: jsonLines(failed.stdout) }).toMatchObject({
      code: 1,
      lines: [{ state: 'failed', error: { name: 'RangeError', message: 'no' } }],
    })

    worker.child.kill('SIGTERM')
    const ended = await worker.finished
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 0, stderr: '' })
    expect(jsonLines(ended.stdout)).toMatchObject([
      { state: 'running', queues: ['default'], tasks: ['math.add', 'math.fail', 'sleep'], concurrency: 10 },
      { state: 'stopped' },
    ])
  })

  it('shows, redrives and drops dead letters', async () => {
    const { bananas, start } = tasksProject()
    const worker = start(['worker'])
    await worker.says('Tasks: math.add')
    const ids: string[] = []
    for (const text of ['one', 'two', 'three']) {
      const { stdout } = await bananas(['enqueue', 'math.fail', JSON.stringify(text), '--wait', '--json'])
      ids.push(String(jsonLines(stdout)[0]!['id']))
    }
    worker.child.kill('SIGINT')
    expect((await worker.finished).code).toBe(0)

    const page = jsonLines((await bananas(['dead', 'list', 'default', '--limit', '2', '--json'])).stdout)
    expect(page).toMatchObject([
      { queue: 'default', id: ids[0], task: 'math.fail', deliveries: 1, error: { message: 'one' } },
      { id: ids[1] },
      { next: expect.any(String) as string },
    ])
    const next = String(page[2]!['next'])
    const rest = await bananas(['dead', 'list', 'default', '--after', next, '--json'])
    expect(jsonLines(rest.stdout).map(({ id }) => id)).toEqual([ids[2]])
    const all = await bananas(['dead', 'list', 'default', '--limit', '1', '--all', '--json'])
    expect(jsonLines(all.stdout).map(({ id }) => id)).toEqual(ids)
    expect((await bananas(['dead', 'list', 'default', '-v'])).stdout).toContain('RangeError: one')

    const redriven = await bananas(['dead', 'redrive', 'default', '--id', ids[0]!, '--yes', '--json'])
    expect({ code: redriven.code, lines: jsonLines(redriven.stdout) }).toEqual({
      code: 0,
      lines: [{ queue: 'default', redriven: 1 }],
    })
    const missing = await bananas(['dead', 'drop', 'default', '--id', ids[0]!, '--yes'])
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('Not found') as string })
    const dropped = await bananas(['dead', 'drop', 'default', '--yes', '--json'])
    expect(jsonLines(dropped.stdout)).toEqual([{ queue: 'default', dropped: 2 }])
    expect((await bananas(['queues', '--json'])).stdout).toBe(
      '{"queue":"default","ready":1,"delayed":0,"leased":0,"dead":0}\n',
    )
  })

  it('inspects, purges and revokes what waits', async () => {
    const { bananas } = tasksProject()
    const late = await bananas(['enqueue', 'sleep', '1', '--delay', '30d', '--priority', '7', '--json'])
    expect(jsonLines(late.stdout)).toMatchObject([{ task: 'sleep', queue: 'default', duplicate: false }])
    await bananas(['enqueue', 'sleep', '1', '--id', 'mine', '--header', 'tenant=7', '--count', '1'])
    expect(jsonLines((await bananas(['inspect', 'default', '--json'])).stdout)).toMatchObject([
      { kind: 'counts', queue: 'default', ready: 1, delayed: 1, leased: 0, dead: 0 },
      { kind: 'task', id: 'mine', task: 'sleep', priority: 50, attempt: 1, bytes: 1 },
    ])
    expect((await bananas(['inspect', 'default'])).stdout).toContain('ready 1  delayed 1  running 0  dead 0')

    const revoked = await bananas(['revoke', 'mine', '--reason', 'wrong', '--json'])
    expect(jsonLines(revoked.stdout)).toEqual([{ id: 'mine', state: 'cancelled' }])
    expect(jsonLines((await bananas(['results', 'mine', '--json'])).stdout)).toMatchObject([
      { id: 'mine', state: 'cancelled', reason: 'wrong' },
    ])
    const purged = await bananas(['purge', 'default', '--yes', '--json'])
    expect(jsonLines(purged.stdout)).toEqual([{ queue: 'default', purged: 2 }])
  })

  it('sends a task once per unique key, and says so', async () => {
    const { bananas } = tasksProject()
    const send = ['enqueue', 'sleep', '1', '--unique-key', 'k', '--unique-for', '1h', '--json']
    const [first] = jsonLines((await bananas(send)).stdout)
    expect(jsonLines((await bananas(send)).stdout)).toMatchObject([{ id: first!['id'], duplicate: true }])
  })

  it('pings workers, shows their events until told to stop, and stops for a reader that has seen enough', async () => {
    const { bananas, start } = tasksProject()
    const unborn = await bananas(['ping', '--json'])
    expect(unborn.code).toBe(2)
    expect(unborn.stderr).toContain('There is no database')
    await bananas(['enqueue', 'sleep', '1'])
    const alone = await bananas(['ping', '--wait-for', '100ms', '--json'])
    expect(alone.code).toBe(1)
    expect(jsonLines(alone.stderr)).toMatchObject([{ error: { code: 'TOO_FEW_WORKERS' } }])

    const worker = start(['worker', '-v'])
    await worker.says('worker.online')
    const ping = await bananas(['ping', '--wait-for', '5s', '--json'])
    expect(ping.code).toBe(0)
    expect(jsonLines(ping.stdout)).toMatchObject([
      { broker: 'sqlite' },
      { worker: expect.any(String) as string },
    ])
    expect(await inspectedWithWorker(bananas)).toMatchObject([
      { kind: 'counts' },
      { kind: 'worker', status: 'idle', queues: ['default'], concurrency: 10 },
    ])

    const limited = start([
      'events',
      '--type',
      'task.',
      '--task',
      'math.add',
      '--limit',
      '2',
      '--for',
      '60d',
      '--json',
    ])
    const watching = start(['events'])
    const cut = start(['events', '--json'])
    cut.child.stdout!.once('data', () => cut.child.stdout!.destroy())
    let running = true
    const heard = watching.says('task.succeeded')
    void Promise.all([limited.finished, cut.finished, heard]).then(() => (running = false))
    while (running) await bananas(['enqueue', 'math.add', '{"a":1,"b":1}', '--wait'])
    const events = await limited.finished
    expect(events.code).toBe(0)
    expect(jsonLines(events.stdout)).toMatchObject([{ task: 'math.add' }, { task: 'math.add' }])
    expect(await cut.finished).toMatchObject({ code: 0 })

    watching.child.kill('SIGINT')
    expect(await watching.finished).toMatchObject({ code: 130 })
    worker.child.kill('SIGTERM')
    const ended = await worker.finished
    expect(ended.code).toBe(0)
    expect(ended.stdout).toContain('worker.offline')
  })

  it('says of a pipe that was closed too early how many tasks were sent', async () => {
    const { bananas, start } = tasksProject()
    const sending = start(['enqueue', 'sleep', '1', '--count', '20000'])
    sending.child.stdout!.once('data', () => sending.child.stdout!.destroy())
    const { code, stderr } = await sending.finished
    expect(code).toBe(130)
    const sent = Number(/Stopped after (\d+) of 20000 tasks/.exec(stderr)?.[1])
    const [counts] = jsonLines((await bananas(['queues', '--json'])).stdout)
    expect(counts).toMatchObject({ ready: sent })
    expect(sent).toBeLessThan(20_000)
  })
})

describe('a worker', { timeout: 120_000 }, () => {
  it('answers health checks, drains at the first Ctrl-C and gives its task back at the second', async () => {
    const { bananas, start } = tasksProject()
    const worker = start(['worker', '--health', '0', '-q', 'default=2,low', '--concurrency', '3', '-v'])
    await worker.says('worker.online')
    const { stdout } = await bananas(['enqueue', 'sleep', '600000'])
    await worker.says('task.started')
    worker.child.kill('SIGINT')
    worker.child.kill('SIGINT')
    const hurried = setInterval(() => worker.child.kill('SIGINT'), 15_000)
    const { code, stderr } = await worker.finished
    clearInterval(hurried)
    expect(code).toBe(0)
    expect(stderr).toMatch(/Health on http:\/\/127\.0\.0\.1:\d+\//)
    const [counts, task] = jsonLines((await bananas(['inspect', 'default', '--json'])).stdout)
    expect(counts).toMatchObject({ ready: 1, leased: 0 })
    expect(task).toMatchObject({ id: stdout.trim(), attempt: 1 })
  })

  it.each([
    [['worker', '--health', 'nonsense'], '--health takes a port'],
    [['worker', '-q', 'a,,b'], '--queues "a,,b"'],
    [['worker', '-q', 'a=0'], 'whole number of at least 1'],
    [['worker', '-n', '0'], 'whole number of at least 1'],
    [['worker', '--drain', 'soon'], 'drain'],
  ])('refuses %j with exit code 2', async (args, what) => {
    const { code, stdout, stderr } = await tasksProject().bananas(args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(what)
  })
})

/** What `inspect` tells once a worker is among it: it listens to workers for half a second only. */
async function inspectedWithWorker(
  bananas: Project['bananas'],
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const deadline = performance.now() + 30_000
  for (;;) {
    const told = jsonLines((await bananas(['inspect', 'default', '--json'])).stdout)
    if (told.some(({ kind }) => kind === 'worker') || performance.now() > deadline) return told
  }
}
