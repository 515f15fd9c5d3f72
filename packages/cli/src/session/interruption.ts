import { EXIT } from '../exit-codes.ts'

/** Why a command ended early. */
export class Interrupted extends Error {
  override readonly name = 'AbortError'
  readonly exitCode: number

  constructor(signal: NodeJS.Signals) {
    super(`Stopped by ${signal}.`)
    this.exitCode = EXITS[signal] ?? EXIT.interrupted
  }
}

/** A reader that has seen enough, as in `| head`, is no failure. */
const EXITS: Readonly<Partial<Record<NodeJS.Signals, number>>> = {
  SIGTERM: EXIT.terminated,
  SIGPIPE: EXIT.done,
}

export interface Interruption {
  readonly signal: AbortSignal
  /** Runs `work`; after a signal it has a second to end by itself before this rejects with Interrupted. */
  guard<T>(work: Promise<T>): Promise<T>
  release(): void
}

const GRACE_MS = 1000

/** Turns the first SIGINT, SIGTERM or closed pipe into an abort; a second signal ends the process at once. */
export function watchSignals(): Interruption {
  const controller = new AbortController()
  let endGuard: (reason: unknown) => void = () => {}
  const onSignal = (signal: NodeJS.Signals): void => {
    const reason = new Interrupted(signal)
    if (controller.signal.aborted) {
      // Each line written into a closed pipe says so again.
      if (signal === 'SIGPIPE') return
      process.exit(reason.exitCode)
    }
    controller.abort(reason)
    setTimeout(() => endGuard(reason), GRACE_MS).unref()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  process.on('SIGPIPE', onSignal)
  return {
    signal: controller.signal,
    guard: (work) => Promise.race([work, new Promise<never>((_, reject) => (endGuard = reject))]),
    release: () => {
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
      process.off('SIGPIPE', onSignal)
    },
  }
}
