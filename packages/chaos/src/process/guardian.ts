import { spawn } from 'node:child_process'

/** What undoes a fault when nobody else does. */
export interface Guardian {
  /** Not needed any more: the fault was undone. */
  dismiss(): void
}

/**
 * A process of its own that runs `command` after `afterMs`, whatever becomes of this one. It is how a stopped process
 * goes on when whoever stopped it was killed meanwhile. Arguments are passed on as they are, never read by a shell.
 */
export function guardian(afterMs: number, command: readonly [string, ...string[]]): Guardian {
  const seconds = (Math.max(0, afterMs) / 1000).toFixed(3)
  const child = spawn('sh', ['-c', 'sleep "$0" && exec "$@"', seconds, ...command], {
    detached: true,
    stdio: 'ignore',
  })
  child.on('error', () => undefined)
  child.unref()
  return {
    dismiss() {
      if (child.pid !== undefined && child.exitCode === null) endGroup(child.pid)
    },
  }
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It is gone already.
  }
}
