import type { ChildProcess } from 'node:child_process'
import type { Channel } from '@bananasjs/core/contract'

/** Between who runs an experiment and the processes it runs on. May lose messages: what matters is said again. */
export interface Line {
  /** Resolves once it has left, or will never. */
  send(message: unknown): void | Promise<void>
  /** Returns what ends the listening. */
  listen(onMessage: (message: unknown) => void): () => void
  /** The other end is gone. */
  onEnd?(listener: () => void): void
}

/** To the children of this process, each of which was forked with an `ipc` channel. */
export function childrenLine(
  children: () => readonly ChildProcess[],
): Line & { adopt(child: ChildProcess): void } {
  const listeners = new Set<(message: unknown) => void>()
  return {
    send(message) {
      for (const child of children()) if (child.connected) child.send(message as object, () => undefined)
    },
    listen(onMessage) {
      listeners.add(onMessage)
      return () => void listeners.delete(onMessage)
    },
    adopt(child) {
      child.on('message', (message) => {
        for (const listener of listeners) listener(message)
      })
    },
  }
}

/** To the parent of this process. */
export function parentLine(): Line {
  return {
    send(message) {
      if (!process.connected) return
      return new Promise((resolve) => process.send!(message, undefined, undefined, () => resolve()))
    },
    listen(onMessage) {
      process.on('message', onMessage)
      return () => void process.off('message', onMessage)
    },
    onEnd: (listener) => void process.once('disconnect', listener),
  }
}

/**
 * Over the channel of a broker, to every process of an application, wherever it runs.
 * @param topic those on both ends have the same
 */
export async function channelLine(channel: Channel, topic: string): Promise<Line & AsyncDisposable> {
  const stop = new AbortController()
  const subscription = await channel.listen([topic], { signal: stop.signal })
  const listeners = new Set<(message: unknown) => void>()
  const reading = (async () => {
    for await (const { payload } of subscription) {
      const message = parse(payload)
      for (const listener of listeners) listener(message)
    }
  })().catch(() => undefined)
  return {
    send: (message) =>
      void channel.broadcast(topic, Buffer.from(JSON.stringify(message))).catch(() => undefined),
    listen(onMessage) {
      listeners.add(onMessage)
      return () => void listeners.delete(onMessage)
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      await reading
    },
  }
}

function parse(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString())
  } catch {
    return undefined
  }
}
