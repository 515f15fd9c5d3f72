import { parseDuration } from '@bananasjs/core'
import { EXIT } from '../exit-codes.ts'
import { formatMs, plural } from '../output/format.ts'
import { sanitize } from '../output/sanitize.ts'
import type { Context } from '../session/context.ts'

interface PingFlags {
  readonly workers: number
  readonly waitFor: string
}

export async function action({ app, out, where }: Context, { workers, waitFor }: PingFlags): Promise<number> {
  const waitMs = parseDuration(waitFor, '--wait-for')
  const brokerMs = await brokerAnswer(app)
  out.record(
    { broker: app.broker.name, where, ms: brokerMs },
    () => `${where} answers in ${formatMs(brokerMs)}`,
  )
  if (workers === 0) return EXIT.done
  const replies = await app.control.send('ping', { wait: waitMs })
  for (const { worker } of replies) out.record({ worker }, () => `worker ${sanitize(worker)} answers`)
  if (replies.length >= workers) return EXIT.done
  const text = `${plural(replies.length, 'worker')} answered within ${formatMs(waitMs)}, ${workers} should.`
  out.complain({ error: { code: 'TOO_FEW_WORKERS', message: text } }, () => text)
  return EXIT.failed
}

/** A question that changes nothing, there and back. */
async function brokerAnswer(app: Context['app']): Promise<number> {
  const startedAt = performance.now()
  if (app.broker.queues !== undefined) await app.broker.queues()
  else await app.open()
  return performance.now() - startedAt
}
