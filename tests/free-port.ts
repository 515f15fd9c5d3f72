import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Below what systems give to outgoing connections (Linux from 32,768 on, others higher), as is the port 10,000 above,
 * which a Redis cluster takes, too. Else a client's connection could sit on a server's port while that is restarted.
 */
const LOWEST = 10_000
const COUNT = 10_000
const MANY = 100

const given = new Set<number>()

/** A port of 127.0.0.1 that nobody listens on; the same process is given it once. @throws Error when a hundred are taken */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < MANY; attempt += 1) {
    const port = LOWEST + Math.floor(Math.random() * COUNT)
    if (given.has(port)) continue
    given.add(port)
    if (await isFree(port)) return port
  }
  throw new Error(`${MANY} ports from ${LOWEST} to ${LOWEST + COUNT} were taken.`)
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer()
  try {
    probe.listen(port, '127.0.0.1')
    await once(probe, 'listening')
  } catch {
    return false
  }
  probe.close()
  await once(probe, 'close')
  return true
}
