import type { Bananas } from '@bananasjs/core'
import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'

const CONNECT_MS = 15_000
const CLOSE_MS = 3000

/** Connects within a bound, whatever patience the adapter has. @throws CliError, or the adapter's own error */
export async function connect(app: Bananas, where: string, limitMs: number = CONNECT_MS): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const message = `No connection to ${where} within ${limitMs / 1000} s. Is the server running, and can this machine reach it?`
      reject(new CliError(message, { code: 'CONNECTION_LOST', exitCode: EXIT.unreachable }))
    }, limitMs)
  })
  try {
    await Promise.race([app.open(), late])
  } finally {
    clearTimeout(timer)
  }
}

/** Says goodbye to the server, but not for ever: a dead connection may never answer. */
export async function disconnect(app: Bananas): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, CLOSE_MS)))
  await Promise.race([app.close().catch(() => {}), patience])
  clearTimeout(timer)
}
