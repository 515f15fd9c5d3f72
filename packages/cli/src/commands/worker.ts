import type { Worker, WorkerOptions } from '@bananasjs/core'
import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'
import { sanitize } from '../output/sanitize.ts'
import type { Context } from '../session/context.ts'
import { showEvents } from './show-events.ts'
import { serveHealth } from './worker-health.ts'
import { workerOptions } from './worker-flags.ts'
import type { WorkerFlags } from './worker-flags.ts'

export async function action(context: Context, flags: WorkerFlags): Promise<number> {
  const { app, config, configPath, out, env, where } = context
  const options: WorkerOptions = {
    ...config?.worker,
    ...workerOptions(flags, env),
    // Shown from the first one on; on demand they would only be sent once this very process has asked.
    ...(out.verbose && { events: 'always' as const }),
    onError: (error) =>
      out.complain(
        { warning: { code: error.code, message: error.message } },
        () => `${out.paintError('yellow', 'warning')}: ${sanitize(error.message)}`,
      ),
  }
  const worker = app.worker(options)
  await config?.register?.(worker)
  if (worker.tasks.length === 0) throw new CliError(noHandlers(configPath))
  const closeHealth = flags.health === undefined ? undefined : await serveHealth(worker, flags.health, out)
  const hurry = onThirdSignal()
  try {
    announce(context, worker, where)
    const quiet = out.verbose ? showEvents(context) : undefined
    await worker.run()
    await quiet?.stop()
    out.record({ worker: worker.id, state: 'stopped' }, () => `Worker ${worker.id} has stopped.`)
    return EXIT.done
  } finally {
    hurry.release()
    await closeHealth?.()
  }
}

function announce({ out }: Context, worker: Worker, where: string): void {
  const { id, queues, tasks, concurrency } = worker
  out.record({ worker: id, state: 'running', queues, tasks, concurrency }, () => [
    `Worker ${out.paint('bold', id)} on ${where}: ${concurrency} at once, queues ${queues.map(sanitize).join(', ')}`,
    `Tasks: ${tasks.map(sanitize).join(', ')}`,
  ])
}

function noHandlers(configPath: string | undefined): string {
  const file = configPath ?? 'bananas.config.ts'
  return `This worker would have no handlers. Register them in ${file}: export default defineConfig({ register: (worker) => { worker.handle(task, handler) } })`
}

/**
 * The worker drains at the first signal and hurries at the second; whoever sends a third wants the process gone. That
 * nobody reads its output any more is no reason to stop.
 */
function onThirdSignal(): { release(): void } {
  let count = 0
  const onSignal = (signal: NodeJS.Signals): void => {
    count += 1
    if (count >= 3) process.exit(signal === 'SIGTERM' ? EXIT.terminated : EXIT.interrupted)
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  process.on('SIGPIPE', onClosedPipe)
  return {
    release: () => {
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
      process.off('SIGPIPE', onClosedPipe)
    },
  }
}

function onClosedPipe(): void {}
