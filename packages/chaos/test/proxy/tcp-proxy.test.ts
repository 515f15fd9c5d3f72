import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { systemRuntime } from '@bananasjs/core/contract'
import type { Runtime } from '@bananasjs/core/contract'
import { virtualRuntime } from '@bananasjs/core/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { TcpProxy, tcpProxy } from '../../src/index.ts'
import type { Fault } from '../../src/index.ts'
import { until } from '../faults/stage.ts'

interface Client {
  readonly socket: Socket
  /** All that came back. */
  readonly heard: () => string
  readonly pieces: () => number
  readonly state: { error?: string; ended: boolean; closed: boolean }
}

/** An echo server behind a proxy. */
async function link(
  runtime: Runtime = systemRuntime,
): Promise<{ proxy: TcpProxy; client: (name?: string) => Promise<Client>; arm: Armer }> {
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.pipe(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy = await tcpProxy({
    upstream: { host: '127.0.0.1', port: (server.address() as AddressInfo).port },
    runtime,
  })
  onTestFinished(async () => {
    await proxy.close()
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const client = async (name = ''): Promise<Client> => {
    const socket = connect({ port: proxy.portOf(name), host: '127.0.0.1', allowHalfOpen: true })
    onTestFinished(() => void socket.destroy())
    let text = ''
    let pieces = 0
    const state: Client['state'] = { ended: false, closed: false }
    socket.on('data', (bytes) => {
      text += bytes.toString()
      pieces += 1
    })
    socket.on('error', (error: NodeJS.ErrnoException) => (state.error = error.code ?? error.message))
    socket.on('end', () => (state.ended = true))
    socket.on('close', () => (state.closed = true))
    await once(socket, 'connect')
    return { socket, heard: () => text, pieces: () => pieces, state }
  }
  return { proxy, client, arm: (fault, forMs = 60_000) => proxy.arm(fault, { forMs }) }
}

type Armer = (fault: Fault, forMs?: number) => ReturnType<TcpProxy['arm']>

async function echoes({ socket, heard }: Client, text: string): Promise<void> {
  const before = heard().length
  socket.write(text)
  await until(`"${text.slice(0, 20)}" comes back`, () => heard().length === before + text.length)
  expect(heard().slice(before)).toBe(text)
}

describe('the proxy', () => {
  it('passes everything on, in order, and the end of it', async () => {
    const { proxy, client } = await link()
    const one = await client()
    await echoes(one, 'x'.repeat(3_000_000))
    one.socket.end()
    await until('the end comes back', () => one.state.ended)
    await until('it is forgotten', () => proxy.connections === 0)
  })

  it('link.latency delays what is on its way and what is to come, and lets it go at once when undone', async () => {
    const { client, arm } = await link()
    const one = await client()
    await echoes(one, 'a')
    const fault = arm({ kind: 'link.latency', direction: 'down', by: { from: 100, to: 150 } })
    const startedAt = performance.now()
    await echoes(one, 'b')
    expect(performance.now() - startedAt).toBeGreaterThan(95)
    await fault.disarm()
    const slow = arm({ kind: 'link.latency', by: '1h' })
    one.socket.write('c')
    await until('it is held', () => slow.bites().count === 1)
    expect(one.heard()).toBe('ab')
    await slow.disarm()
    await until('it is let go', () => one.heard() === 'abc')
    await echoes(one, 'd')
  })

  it('link.bandwidth slows bytes down, and not after', async () => {
    const { client, arm } = await link()
    const one = await client()
    const fault = arm({ kind: 'link.bandwidth', direction: 'up', bytesPerSecond: 20_000 })
    const startedAt = performance.now()
    await echoes(one, 'x'.repeat(6000))
    expect(performance.now() - startedAt).toBeGreaterThan(220)
    expect(fault.bites().count).toBeGreaterThan(0)
    one.socket.write('y'.repeat(2_000_000))
    await until('it is on its way', () => one.heard().length > 6000)
    await fault.disarm()
    await until('the rest goes at once', () => one.heard().length === 2_006_000)
  })

  it('link.slow-close keeps the end of a connection back', async () => {
    const { client, arm } = await link()
    const one = await client()
    const fault = arm({ kind: 'link.slow-close', by: '1h' })
    await echoes(one, 'a')
    one.socket.end()
    await until('it bit', () => fault.bites().count > 0)
    expect(one.state.ended).toBe(false)
    await fault.disarm()
    await until('the end arrives', () => one.state.ended)
  })

  it('link.reset resets connections at once, and later ones again when scheduled', async () => {
    const { proxy, client, arm } = await link()
    const one = await client()
    await echoes(one, 'a')
    const fault = arm({ kind: 'link.reset' })
    await until('it is reset', () => one.state.closed)
    expect(one.state.error).toBe('ECONNRESET')
    expect(proxy.connections).toBe(0)
    const two = await client()
    await echoes(two, 'b')
    expect(fault.bites().count).toBe(1)
    await fault.disarm()
    const again = arm({ kind: 'link.reset', schedule: { every: 30 } })
    await until('two was hit', () => two.state.closed)
    const three = await client().catch(() => undefined)
    if (three !== undefined) await until('three was hit', () => three.state.closed)
    await again.disarm()
    await echoes(await client(), 'c')
  })

  it('link.half-open lets requests through and answers not, until it is over', async () => {
    const { client, arm } = await link()
    const one = await client()
    const fault = arm({ kind: 'link.half-open' })
    one.socket.write('a')
    await until('the answer is held', () => fault.bites().count === 1)
    expect(one.heard()).toBe('')
    await fault.disarm()
    await until('it comes', () => one.heard() === 'a')
  })

  it('link.black-hole holds both ways or one, keeps connections open, and ends by itself', async () => {
    const { proxy, client, arm } = await link()
    const one = await client()
    await echoes(one, 'a')
    const fault = arm({ kind: 'link.black-hole' }, 3000)
    const two = await client()
    one.socket.write('b')
    two.socket.write('b')
    await until('both are held', () => fault.bites().count === 2)
    expect([one.heard(), two.heard(), proxy.connections]).toEqual(['a', '', 2])
    await until('it is over', () => one.heard() === 'ab' && two.heard() === 'b')
  })

  it('link.black-hole holds no more than it has room for', async () => {
    const { client, arm } = await link()
    const one = await client()
    const fault = arm({ kind: 'link.black-hole' })
    const written = 20_000_000
    one.socket.write(Buffer.alloc(written, 120))
    await until('it is held', () => fault.bites().count === 1)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(one.socket.writableLength).toBeGreaterThan(written / 4)
    await fault.disarm()
    await until('all of it comes', () => one.heard().length === written)
  })

  it('link.cut closes connections and turns new ones away, until it is over', async () => {
    const { client, arm } = await link()
    const one = await client()
    await echoes(one, 'a')
    const fault = arm({ kind: 'link.cut' })
    await until('it is closed', () => one.state.ended || one.state.closed)
    const two = await client()
    await until('it is turned away', () => two.state.ended || two.state.closed)
    expect(fault.bites().count).toBe(2)
    await fault.disarm()
    await echoes(await client(), 'b')
  })

  it('link.cut on a schedule closes what is open each time, also where timers are early', async () => {
    const time = virtualRuntime()
    const early: Runtime = {
      ...time,
      setTimer: (callback, ms, background) => time.setTimer(callback, Math.max(1, ms - 5), background),
    }
    const { client, arm } = await link(early)
    const fault = arm({ kind: 'link.cut', schedule: { after: '50ms', every: '200ms', for: '100ms' } })
    for (let count = 1; count <= 2; count += 1) {
      const one = await client()
      await echoes(one, 'through')
      await time.advance(60)
      await until('it is closed', () => one.state.ended)
      expect(fault.bites().count).toBe(count)
      await time.advance(140) // until connections are let in again
    }
    await fault.disarm()
  })

  it('link.cut-after resets in the middle of a frame', async () => {
    const { client, arm } = await link()
    const one = await client()
    const fault = arm({ kind: 'link.cut-after', direction: 'up', bytes: 5 })
    one.socket.write('1234567890')
    await until('it is reset', () => one.state.closed)
    expect(one.state.error).toBe('ECONNRESET')
    expect('12345').toContain(one.heard())
    expect(fault.bites().count).toBe(1)
    await fault.disarm()
    await echoes(await client(), '1234567890')
  })

  it('link.slice sends byte by byte, and whole again when undone', async () => {
    const { client, arm } = await link()
    const one = await client()
    const fault = arm({ kind: 'link.slice', direction: 'down' })
    await echoes(one, 'x'.repeat(40))
    expect(one.pieces()).toBeGreaterThan(5)
    await fault.disarm()
    await echoes(one, 'y'.repeat(500_000))
  })

  it('cuts some clients off while others go on', async () => {
    const { proxy, client, arm } = await link()
    await proxy.listen('worker-1')
    await proxy.listen('worker-2')
    const [one, two, rest] = [await client('worker-1'), await client('worker-2'), await client()]
    const fault = arm({ kind: 'link.black-hole', match: { worker: 'worker-1' } })
    one.socket.write('a')
    await echoes(two, 'a')
    await echoes(rest, 'a')
    expect(one.heard()).toBe('')
    expect(fault.bites().victims).toEqual([expect.stringContaining('worker-1#')])
    await fault.disarm()
    await until('one is back', () => one.heard() === 'a')
  })

  it('hits a share of the connections, the same ones with the same seed', async () => {
    const hit = async (): Promise<readonly string[]> => {
      const { proxy, client } = await link()
      const all = await Promise.all(Array.from({ length: 20 }, () => client()))
      await until('all are in', () => proxy.connections === 20)
      const fault = proxy.arm({ kind: 'link.reset', rate: 0.4 }, { forMs: 60_000, seed: 5 })
      await until(
        'they are gone',
        () => all.filter(({ state }) => state.closed).length === fault.bites().count,
      )
      return fault.bites().victims.toSorted()
    }
    const first = await hit()
    expect(first.length).toBeGreaterThan(2)
    expect(first.length).toBeLessThan(16)
    expect(await hit()).toEqual(first)
  })

  it('can be armed and undone a hundred times in the middle of a transfer, and not a byte is missing', async () => {
    const { client, arm } = await link()
    const one = await client()
    const text = Array.from({ length: 100_000 }, (_, n) => `${n} `).join('')
    one.socket.write(text)
    const kinds: readonly Fault[] = [
      { kind: 'link.latency', by: 20 },
      { kind: 'link.bandwidth', bytesPerSecond: 10_000 },
      { kind: 'link.slice', bytes: 10 },
      { kind: 'link.black-hole' },
      { kind: 'link.half-open' },
    ]
    for (let n = 0; n < 100; n += 1) {
      const fault = arm(kinds[n % kinds.length]!)
      await new Promise((resolve) => setTimeout(resolve, 2))
      await fault.disarm()
    }
    await until('all of it comes', () => one.heard().length === text.length)
    expect(one.heard()).toBe(text)
  })

  it('names a port that is taken', async () => {
    const { proxy } = await link()
    const second = new TcpProxy({ upstream: { host: '127.0.0.1', port: 1 }, port: proxy.port })
    await expect(second.listen()).rejects.toThrow(
      new RegExp(`cannot listen on 127.0.0.1:${proxy.port}.*another port`),
    )
  })

  it('resets a client whose server is not there', async () => {
    const proxy = await tcpProxy({ upstream: { host: '127.0.0.1', port: 1 } })
    const socket = connect({ port: proxy.port, host: '127.0.0.1' })
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
    expect(error.code).toBe('ECONNRESET')
    await proxy.close()
  })
})
