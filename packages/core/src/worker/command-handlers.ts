import { QueueError } from '../errors.ts'
import type { EventPublisher } from '../task/event-publisher.ts'
import type { CommandHandlers } from './control-listener.ts'
import type { Worker } from './worker.ts'

/** What a worker does when told to from afar. */
export function commandHandlers(worker: Worker, events: EventPublisher): CommandHandlers {
  return {
    ping: () => 'pong',
    inspect: () => ({
      id: worker.id,
      pid: process.pid,
      queues: worker.queues,
      tasks: worker.tasks,
      concurrency: worker.concurrency,
      ...worker.health(),
    }),
    pause: (args) => worker.pause(text(args, 'queue')),
    resume: (args) => worker.resume(text(args, 'queue')),
    concurrency: (args) => {
      worker.concurrency = Number(args.value)
      return worker.concurrency
    },
    revoke: (args) => worker.revoke(texts(args, 'ids'), text(args, 'reason')),
    shutdown: (args) => {
      // Not awaited: the reply must leave before the connection does.
      void worker.stop(typeof args.drainMs === 'number' ? { drain: args.drainMs } : {})
    },
    events: (args) => events.demand(typeof args.forMs === 'number' ? Math.min(args.forMs, 60_000) : 15_000),
  }
}

function text(args: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = args[name]
  if (value === undefined || value === null || typeof value === 'string') return value ?? undefined
  throw new QueueError('INVALID', `"${name}" must be a string.`)
}

function texts(args: Readonly<Record<string, unknown>>, name: string): readonly string[] {
  const value = args[name]
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value
  throw new QueueError('INVALID', `"${name}" must be a list of strings.`)
}
