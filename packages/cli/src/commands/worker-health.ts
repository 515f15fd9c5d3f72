import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Worker } from '@bananasjs/core'
import { CliError } from '../cli-error.ts'
import type { Output } from '../output/output.ts'

const HEALTHY: ReadonlySet<string> = new Set(['idle', 'running', 'paused'])

/**
 * Answers health checks over HTTP: 200, or 503 when the worker is stalled or stopped. Returns what closes it.
 * @throws CliError for an address that cannot be read or listened on
 */
export async function serveHealth(
  worker: Worker,
  address: string,
  out: Output,
): Promise<() => Promise<void>> {
  const { host, port } = parseAddress(address)
  const server = createServer((_request, response) => {
    const health = worker.health()
    response.writeHead(HEALTHY.has(health.status) ? 200 : 503, { 'content-type': 'application/json' })
    response.end(`${JSON.stringify(health)}\n`)
  })
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (cause) {
    throw new CliError(`--health ${address}: ${(cause as Error).message}. Choose another port.`, { cause })
  }
  server.unref()
  out.note(`Health on http://${host}:${(server.address() as AddressInfo).port}/`)
  return async () => {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }
}

/** `8080` or `0.0.0.0:8080`. */
function parseAddress(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':')
  const host = colon < 0 ? '127.0.0.1' : address.slice(0, colon).replaceAll(/^\[|\]$/g, '')
  const port = Number(address.slice(colon + 1))
  if (host !== '' && /^\d+$/.test(address.slice(colon + 1)) && port <= 65_535) return { host, port }
  throw new CliError(`--health takes a port, or host:port, not "${address}".`)
}
