import type { Readable } from 'node:stream'
import type { Bananas } from '@bananasjs/core'
import type { BananasConfig } from '../config/define-config.ts'
import type { Output } from '../output/output.ts'

export type Input = Readable & { readonly isTTY?: boolean }

/** What every command gets. */
export interface Context {
  readonly app: Bananas
  readonly config: BananasConfig | undefined
  readonly configPath: string | undefined
  /** The broker in words, without secrets. */
  readonly where: string
  readonly out: Output
  readonly input: Input
  readonly env: NodeJS.ProcessEnv
  /** Aborts on SIGINT and SIGTERM. */
  readonly signal: AbortSignal
}

/** A command's work; returns its exit code, 0 by default. Connecting and closing are done around it. */
export type Action<Flags> = (
  context: Context,
  flags: Flags,
  args: readonly string[],
) => Promise<number | void>
