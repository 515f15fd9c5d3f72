import { inspect } from 'node:util'

export type Colour = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'
export type Paint = (colour: Colour, text: string) => string

const plain: Paint = (_colour, text) => text

const coloured: Paint = (colour, text) => {
  const [on, off] = inspect.colors[colour] ?? [0, 0]
  return `\u001b[${on}m${text}\u001b[${off}m`
}

/** Colours on a terminal only. NO_COLOR wins over everything; FORCE_COLOR asks for them in a pipe as well. */
export function paintFor(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): Paint {
  if ((env.NO_COLOR ?? '') !== '') return plain
  const forced = env.FORCE_COLOR
  if (forced !== undefined) return forced === '0' || forced === 'false' ? plain : coloured
  return stream.isTTY === true && env.TERM !== 'dumb' ? coloured : plain
}
