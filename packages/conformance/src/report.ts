import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BrokerSupports, Channel, ResultSupports } from '@bananasjs/core/contract'
import type { Part } from './clause.ts'

/** `replaced`: the declaration promises less, and what must hold instead does hold. */
export type Outcome = 'held' | 'replaced' | 'failed'

export interface Finding {
  readonly id: string
  readonly part: Part
  readonly sentence: string
  readonly outcome: Outcome
  /** What held instead. */
  readonly instead?: string | undefined
  /** What went wrong. */
  readonly error?: string | undefined
  readonly ms: number
}

export interface DeclaredSupports {
  readonly broker?: BrokerSupports | undefined
  readonly results?: ResultSupports | undefined
  readonly channel?: Channel['supports'] | undefined
}

export interface Report {
  readonly name: string
  /** ISO 8601. */
  readonly at: string
  readonly versions: Readonly<Record<string, string>>
  /** As declared after `open()`. */
  readonly supports: DeclaredSupports
  /** Were connections cut, too? */
  readonly crash: boolean
  readonly clauses: readonly Finding[]
}

export interface Totals {
  readonly held: number
  readonly replaced: number
  readonly failed: number
}

export function totals({ clauses }: Report): Totals {
  const count = (outcome: Outcome): number => clauses.filter((clause) => clause.outcome === outcome).length
  return { held: count('held'), replaced: count('replaced'), failed: count('failed') }
}

/** JSON knows no infinity, which many capabilities are: it is written as the string `Infinity`. */
export function reportToJson(report: Report): string {
  return `${JSON.stringify(report, (_, value: unknown) => (value === Infinity ? 'Infinity' : value), 2)}\n`
}

export function reportFromJson(text: string): Report {
  return JSON.parse(text, (_, value: unknown) => (value === 'Infinity' ? Infinity : value)) as Report
}

/** The versions a report names: the kit's, Node's and what the harness adds. */
export function reportVersions(more: Readonly<Record<string, string>> = {}): Report['versions'] {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  const { version } = JSON.parse(text) as { version: string }
  return { conformance: version, node: process.versions.node, ...more }
}

/** Writes the report where the harness or BANANAS_CONFORMANCE_REPORT says; nowhere when neither does. */
export function saveReport(report: Report, directory: string | undefined): void {
  const folder = directory ?? process.env['BANANAS_CONFORMANCE_REPORT']
  if (folder) writeReport(report, folder)
}

/** Writes `<name>.json` and returns its path. */
export function writeReport(report: Report, directory: string): string {
  mkdirSync(directory, { recursive: true })
  const path = join(directory, `${report.name.replace(/[^\w.-]+/g, '-')}.json`)
  writeFileSync(path, reportToJson(report))
  return path
}

export function readReport(path: string): Report {
  return reportFromJson(readFileSync(path, 'utf8'))
}
