import type { WorkerOptions } from '@bananasjs/core'
import { CliError } from '../cli-error.ts'

export interface WorkerFlags {
  readonly queues?: string
  readonly strict?: boolean
  readonly concurrency?: number
  readonly drain?: string
  readonly lease?: string
  readonly health?: string
}

/** Flags win over the environment. Absent ones leave what the config says. @throws CliError */
export function workerOptions(flags: WorkerFlags, env: NodeJS.ProcessEnv): Partial<WorkerOptions> {
  const queues = flags.queues ?? present(env.BANANAS_QUEUES)
  const concurrency = flags.concurrency ?? wholeNumber(present(env.BANANAS_CONCURRENCY))
  return {
    ...(queues !== undefined && { queues: parseQueues(queues) }),
    ...(flags.strict === true && { strict: true }),
    ...(concurrency !== undefined && { concurrency }),
    ...(flags.drain !== undefined && { drain: flags.drain }),
    ...(flags.lease !== undefined && { lease: flags.lease }),
  }
}

/** `a,b` or, with weights, `a=6,b=1`; a queue without one weighs 1. @throws CliError */
export function parseQueues(text: string): readonly string[] | Readonly<Record<string, number>> {
  const parts = text.split(',').map((part) => part.trim())
  if (parts.includes(''))
    throw new CliError(`--queues "${text}": write names with commas between, as in critical=6,default=3.`)
  if (!text.includes('=')) return parts
  return Object.fromEntries(parts.map(parseWeight))
}

function parseWeight(part: string): readonly [string, number] {
  const at = part.lastIndexOf('=')
  if (at < 0) return [part, 1]
  const weight = Number(part.slice(at + 1))
  if (at > 0 && Number.isSafeInteger(weight) && weight >= 1) return [part.slice(0, at), weight]
  throw new CliError(`--queues: "${part}" needs a name and, after "=", a whole number of at least 1.`)
}

function wholeNumber(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= 1) return value
  throw new CliError(`BANANAS_CONCURRENCY must be a whole number of at least 1, not "${text}".`)
}

function present(value: string | undefined): string | undefined {
  return value === '' ? undefined : value
}
