import { parseDuration } from '@bananasjs/core'
import type { EnqueueOptions } from '@bananasjs/core'
import { CliError } from '../cli-error.ts'

export interface EnqueueFlags {
  readonly queue?: string
  readonly delay?: string
  readonly expires?: string
  readonly priority?: number
  readonly id?: string
  readonly unique?: boolean
  readonly uniqueKey?: string
  readonly uniqueFor?: string
  readonly header?: readonly string[]
}

/** Flags as options of `app.enqueue`. @throws QueueError INVALID, CliError */
export function enqueueOptions(flags: EnqueueFlags, signal: AbortSignal): EnqueueOptions {
  const { queue, delay, expires, priority, id, header } = flags
  return {
    signal,
    ...(queue !== undefined && { queue }),
    ...(delay !== undefined && { delay: parseDuration(delay, '--delay') }),
    ...(expires !== undefined && { expires: parseDuration(expires, '--expires') }),
    ...(priority !== undefined && { priority }),
    ...(id !== undefined && { id }),
    ...(header !== undefined && { headers: headersOf(header) }),
    ...uniqueOptions(flags),
  }
}

function uniqueOptions({ unique, uniqueKey, uniqueFor }: EnqueueFlags): Pick<EnqueueOptions, 'unique'> {
  if (unique !== true && uniqueKey === undefined && uniqueFor === undefined) return {}
  const forMs = uniqueFor === undefined ? {} : { for: parseDuration(uniqueFor, '--unique-for') }
  return { unique: { ...forMs, ...(uniqueKey !== undefined && { key: uniqueKey }) } }
}

function headersOf(given: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    given.map((one) => {
      const at = one.indexOf('=')
      if (at < 1) throw new CliError(`--header: "${one}" is not name=value.`)
      return [one.slice(0, at), one.slice(at + 1)]
    }),
  )
}
