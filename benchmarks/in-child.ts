import { fork } from 'node:child_process'
import { once } from 'node:events'

/** Runs a program with an order as its only argument. @returns what it sends. @throws Error when it ends before */
export async function inChild<Answer>(file: URL, order: object): Promise<Answer> {
  const child = fork(file, [JSON.stringify(order)])
  try {
    const answer = once(child, 'message') as Promise<[Answer]>
    const end = once(child, 'exit').then(([code]) => {
      throw new Error(
        `The process of ${file.pathname} ended with code ${String(code)} before it had answered.`,
      )
    })
    // Ends after the answer, too; only its being first is an error.
    end.catch(() => {})
    return (await Promise.race([answer, end]))[0]
  } finally {
    child.kill('SIGKILL')
  }
}
