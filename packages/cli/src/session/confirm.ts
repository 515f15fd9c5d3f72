import { createInterface } from 'node:readline/promises'
import { CliError } from '../cli-error.ts'
import { mask } from '../output/mask.ts'
import { sanitize } from '../output/sanitize.ts'
import type { Context } from './context.ts'

export interface ConfirmFlags {
  readonly yes?: boolean
}

type Asker = Pick<Context, 'input' | 'env' | 'out' | 'signal'>

/** Asks on the terminal; anything but y or yes is a No. @throws CliError where nobody can be asked */
export async function confirm(context: Asker, flags: ConfirmFlags, question: string): Promise<boolean> {
  if (flags.yes === true) return true
  const text = sanitize(mask(question))
  if (context.input.isTTY !== true || (context.env.CI ?? '') !== '') {
    throw new CliError(`${text} Nobody can be asked here, so nothing was done. Pass --yes to go ahead.`, {
      code: 'UNCONFIRMED',
    })
  }
  const answer = await ask(context, `${text} [y/N] `)
  if (/^y(es)?$/i.test(answer.trim())) return true
  context.out.note('Nothing was done.')
  return false
}

/** Without readline's own terminal handling: then Ctrl-C is a signal like everywhere else. */
async function ask({ input, signal }: Asker, prompt: string): Promise<string> {
  const lines = createInterface({ input, output: process.stderr, terminal: false })
  try {
    // The end of input answers nothing, which is a No.
    const ended = new Promise<string>((resolve) => lines.once('close', () => resolve('')))
    return await Promise.race([lines.question(prompt, { signal }), ended])
  } finally {
    lines.close()
  }
}
