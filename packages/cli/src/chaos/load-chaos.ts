import { CliError } from '../cli-error.ts'
import type * as chaos from '@bananasjs/chaos'

export type Chaos = typeof chaos

/** Only who breaks things needs the package. @throws CliError when it is not installed */
export async function loadChaos(): Promise<Chaos> {
  try {
    return await import('@bananasjs/chaos')
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') throw cause
    throw new CliError(
      'This command needs the package @bananasjs/chaos. Run: npm install -D @bananasjs/chaos',
      {
        code: 'NOT_INSTALLED',
        cause,
      },
    )
  }
}
