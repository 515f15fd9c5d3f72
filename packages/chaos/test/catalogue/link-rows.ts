import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { tcpProxy } from '../../src/index.ts'
import { pause, seen, takesLonger } from './row.ts'
import type { Place, Rows } from './row.ts'

/** A connection through the proxy to a server that echoes. */
interface Client {
  readonly socket: Socket
  readonly state: { text: string; pieces: number; error: string; ended: boolean }
}

/** Each look has a connection of its own. */
function on(look: (client: Client) => Promise<boolean>): () => Promise<Place> {
  return async () => {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => undefined)
      socket.pipe(socket)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const proxy = await tcpProxy({ upstream: { host: '127.0.0.1', port } })
    onTestFinished(async () => {
      await proxy.close()
      server.close()
    })
    return {
      arm: (fault, forMs) => proxy.arm(fault, { forMs }),
      async hurt() {
        const client = clientOf(proxy.port)
        const hurt = await look(client)
        client.socket.destroy()
        return hurt
      },
    }
  }
}

function clientOf(port: number): Client {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  const state = { text: '', pieces: 0, error: '', ended: false }
  socket.on('data', (bytes) => {
    state.text += bytes.toString()
    state.pieces += 1
  })
  socket.on('error', (error: NodeJS.ErrnoException) => (state.error = error.code ?? error.message))
  socket.on('end', () => (state.ended = true))
  socket.on('close', () => (state.ended = true))
  return { socket, state }
}

/** Resolves when so much has come back, or when no more will. */
async function echoed({ socket, state }: Client, length: number): Promise<void> {
  socket.write('x'.repeat(length))
  while (state.text.length < length && !state.ended && !socket.destroyed) await pause(5)
}

const late = (length: number) => (client: Client) => takesLonger(echoed(client, length), 2000)

async function silent(client: Client): Promise<boolean> {
  const isQuiet = await takesLonger(echoed(client, 1), 2000)
  return isQuiet && !client.state.ended
}

export const LINK_ROWS: Rows<'link'> = {
  'link.latency': { fault: { kind: 'link.latency', by: 3000 }, open: on(late(10)) },
  'link.bandwidth': { fault: { kind: 'link.bandwidth', bytesPerSecond: 500 }, open: on(late(2000)) },
  'link.slow-close': {
    fault: { kind: 'link.slow-close', by: '1h' },
    open: on(async (client) => {
      await echoed(client, 10)
      client.socket.end()
      await pause(300)
      return !client.state.ended
    }),
  },
  'link.reset': {
    fault: { kind: 'link.reset', schedule: { every: 50 } },
    open: on(async ({ state }) => seen(undefined, () => state.error === 'ECONNRESET')),
  },
  'link.half-open': { fault: { kind: 'link.half-open' }, open: on(silent) },
  'link.black-hole': { fault: { kind: 'link.black-hole' }, open: on(silent) },
  'link.cut': {
    fault: { kind: 'link.cut' },
    open: on(async (client) => {
      await echoed(client, 10)
      return client.state.text === ''
    }),
  },
  'link.cut-after': {
    fault: { kind: 'link.cut-after', bytes: 5 },
    open: on(async (client) => {
      await echoed(client, 10)
      return client.state.error === 'ECONNRESET' && client.state.text.length < 10
    }),
  },
  'link.slice': {
    fault: { kind: 'link.slice', direction: 'down' },
    open: on(async (client) => {
      await echoed(client, 40)
      return client.state.pieces > 5
    }),
  },
}
