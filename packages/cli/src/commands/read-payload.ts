import { CliError } from '../cli-error.ts'
import type { Input } from '../session/context.ts'

/** The payload as a value; `undefined` without one. @throws CliError unless JSON */
export async function readPayload(argument: string | undefined, input: Input): Promise<unknown> {
  if (argument === undefined) return undefined
  if (argument !== '-') return parse(argument, 'The payload')
  if (input.isTTY === true)
    throw new CliError(
      '"-" reads the payload from standard input, which is a terminal here. Pipe it in: … < payload.json',
    )
  const text = await readAll(input)
  if (text.trim() === '') throw new CliError('Standard input was empty. Leave out "-" to send no payload.')
  return parse(text, 'Standard input')
}

async function readAll(input: Input): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of input) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/^\ufeff/, '')
}

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const quoting = /^\s*[{["\d]/.test(text)
      ? ''
      : ` Text needs its own quotes: '"${text.slice(0, 20).replaceAll("'", '')}"'.`
    throw new CliError(`${what} is not JSON: ${(cause as Error).message}.${quoting}`, { cause })
  }
}
