import { createReadStream, createWriteStream } from 'node:fs'
import { rename } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { pipeline } from 'node:stream/promises'

/**
 * Writes values, one a line, into a file that is there as a whole or not at all: a step that is killed leaves nothing, one
 * that runs again replaces what is equal.
 */
export async function writeLines(
  path: string,
  values: AsyncIterable<unknown>,
  signal: AbortSignal,
): Promise<void> {
  const unfinished = `${path}.${process.pid}`
  await pipeline(lines(values), createWriteStream(unfinished), { signal })
  await rename(unfinished, path)
}

async function* lines(values: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const value of values) yield `${JSON.stringify(value)}\n`
}

export async function* readLines<T>(path: string): AsyncGenerator<T> {
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity }))
    yield JSON.parse(line) as T
}
