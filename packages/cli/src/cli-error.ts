import { EXIT } from './exit-codes.ts'

/** What the user did or met, told with the way out. Everything else that is thrown is somebody's error. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly exitCode: number
  readonly code: string

  constructor(
    message: string,
    options: { readonly exitCode?: number; readonly code?: string; readonly cause?: unknown } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.exitCode = options.exitCode ?? EXIT.usage
    this.code = options.code ?? 'USAGE'
  }
}
