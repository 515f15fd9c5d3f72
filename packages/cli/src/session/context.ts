import type { Readable } from 'node:stream'
import type { Bananas } from '@bananasjs/core'
import type { BananasConfig } from '../config/define-config.ts'
import type { Output } from '../output/output.ts'

export type Input = Readable & { readonly isTTY?: boolean }

/** What every command gets. */
export interface PlainContext {
  readonly out: Output
  readonly input: Input
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  /** Aborts on SIGINT and SIGTERM. */
  readonly signal: AbortSignal
}

/** What a command gets that works on an application. */
export interface Context extends PlainContext {
  readonly app: Bananas
  readonly config: BananasConfig | undefined
  readonly configPath: string | undefined
  /** The broker in words, without secrets. */
  readonly where: string
}

/** A command's work; returns its exit code, 0 by default. Connecting and closing are done around it. */
export type Action<Flags, Given extends PlainContext = Context> = (
  context: Given,
  flags: Flags,
  args: readonly string[],
) => Promise<number | void>
