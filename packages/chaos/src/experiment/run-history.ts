import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Plugin } from '@bananasjs/core'
import type { Broker, BrokerSupports, Transport } from '@bananasjs/core/contract'
import type { Promised } from '../checker/promised.ts'
import { historyFile } from '../history/history-file.ts'
import type { HistoryFile } from '../history/history-file.ts'
import { recordHistory } from '../history/record-history.ts'

/** What everybody who takes part in a run writes down, for the checker. */
export interface RunHistory {
  readonly folder: string
  /** What the broker promises. */
  readonly promised: Promised
}

/** How one application is written down. */
export interface Recording {
  readonly transport: (inner: Transport) => Transport
  /** Go first. */
  readonly plugins: readonly Plugin[]
}

const NOT_RECORDED: Recording = { transport: (inner) => inner, plugins: [] }

/** Histories of the applications of this process, in one folder. */
export class HistoryFolder {
  readonly #folder: string | undefined
  readonly #own: boolean
  readonly #files: HistoryFile[] = []

  /** @param folder of somebody else's; without one it has its own, and removes it */
  constructor(wanted: boolean, folder?: string) {
    this.#own = wanted && folder === undefined
    if (wanted) this.#folder = folder ?? mkdtempSync(join(tmpdir(), 'bananas-history-'))
  }

  /**
   * Stands between the faults and the store: what a fault makes up is not held against the store, and what the store says
   * is not altered by a fault. @param by one application
   */
  recording(by: string): Recording {
    if (this.#folder === undefined) return NOT_RECORDED
    const file = historyFile({ folder: this.#folder, by })
    this.#files.push(file)
    const { transport, plugin } = recordHistory(file)
    return { transport, plugins: [plugin] }
  }

  /** For a stage with such workers on this broker. */
  of(
    { supports }: Broker,
    { maxCrashes }: { readonly maxCrashes?: number | undefined } = {},
  ): { readonly history?: RunHistory } {
    if (this.#folder === undefined) return {}
    const promised = { ...promisedBy(supports), ...(maxCrashes !== undefined && { maxCrashes }) }
    return { history: { folder: this.#folder, promised } }
  }

  close(): void {
    for (const file of this.#files.splice(0)) file.close()
    if (this.#own) rmSync(this.#folder!, { recursive: true, force: true })
  }
}

/** What a broker promises, by what it declares. */
function promisedBy({ clockMs, lease }: BrokerSupports): Promised {
  return {
    clockMs: Math.max(5, clockMs),
    fenced: lease.fenced,
    leases: lease.renewable ? 'time' : 'connection',
  }
}
