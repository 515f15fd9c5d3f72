import type { PluginHost } from '@bananasjs/core'
import { readTotal } from './gather-value.ts'

/** Everyone who came to one gate in one turn. */
export interface Arrivals {
  readonly flow: string
  readonly generation: number
  readonly gate: number
  /** `undefined`: open, known once it is closed. */
  readonly size: number | undefined
  readonly keepMs: number
  readonly at: readonly number[]
  /** Those of `at` that failed. */
  readonly failedAt: readonly number[]
}

/** A sender of members arrives, too, so an open gate waits for one more. */
const SENDER = 1

/**
 * Failures first, then arrivals: whoever finds that all are there also finds every failure. True when all are there, which
 * is so again for each later call.
 */
export async function arriveAt(host: PluginHost, arrivals: Arrivals): Promise<boolean> {
  const { flow, size, keepMs, at, failedAt } = arrivals
  const results = host.results!
  if (failedAt.length > 0) await results.arrive(failedKey(host, arrivals), failedAt, keepMs)
  const arrived = await results.arrive(gateKey(host, arrivals), at, keepMs)
  if (size !== undefined) return arrived >= size
  const total = await readTotal(host, flow)
  return total !== undefined && arrived >= total + SENDER
}

export function countFailed(host: PluginHost, gate: Omit<Arrivals, 'at' | 'failedAt'>): Promise<number> {
  return host.results!.arrive(failedKey(host, gate), [], gate.keepMs)
}

export function countArrived(host: PluginHost, gate: Omit<Arrivals, 'at' | 'failedAt'>): Promise<number> {
  return host.results!.arrive(gateKey(host, gate), [], gate.keepMs)
}

function gateKey(
  { namespace }: PluginHost,
  { flow, generation, gate }: Pick<Arrivals, 'flow' | 'generation' | 'gate'>,
): string {
  return `${namespace}.workflow.${flow}.${generation}.${gate}`
}

function failedKey(host: PluginHost, gate: Pick<Arrivals, 'flow' | 'generation' | 'gate'>): string {
  return `${gateKey(host, gate)}.failed`
}
