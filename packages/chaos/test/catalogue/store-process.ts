import { createServer } from 'node:net'

/**
 * A server of one's own for faults of servers: answers `ping`, keeps `put BYTES` as long as it may hold so much
 * (`limit BYTES`, from now on), and knows whether it leads (`lead yes`, `who`). Argument: its port.
 */
const kept: Buffer[] = []
let held = 0
let most = Infinity
let leads = false

const ANSWERS: Readonly<Record<string, (argument: string) => string>> = {
  ping: () => 'pong',
  put(bytes) {
    if (held + Number(bytes) > most) return 'full'
    kept.push(Buffer.alloc(Number(bytes), 1))
    held += Number(bytes)
    return 'ok'
  },
  limit(bytes) {
    most = bytes === 'none' ? Infinity : held + Number(bytes)
    return 'ok'
  },
  lead(yes) {
    leads = yes === 'yes'
    return 'ok'
  },
  who: () => (leads ? 'leader' : 'follower'),
}

createServer((socket) => {
  socket.on('error', () => undefined)
  socket.on('data', (line) => {
    const [word = '', argument = ''] = line.toString().trim().split(' ')
    socket.end(ANSWERS[word]?.(argument) ?? 'what?')
  })
}).listen(Number(process.argv[2]), '127.0.0.1')
