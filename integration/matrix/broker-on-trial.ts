/** A broker that the trials may hurt: it was started for them, on this machine. */
export interface BrokerOnTrial {
  /** As `transportFor` reads it. */
  readonly url: string
  /** Where a link can stand between clients and server. */
  readonly address?: { readonly host: string; readonly port: number } | undefined
  /** Killed as by a crash and started again on the same data. */
  readonly restart?: (() => Promise<void>) | undefined
  /** The two halves of it. */
  readonly server?: { readonly kill: () => Promise<void>; readonly start: () => Promise<void> } | undefined
  /** The queue, `default` unless named, gets another leader; resolves when it has one. */
  readonly failover?: ((queue?: string) => Promise<void>) | undefined
  readonly stop: () => Promise<void>
}

export interface Starter {
  /** As it stands in the table. */
  readonly name: string
  /** What can be done to it: which of the optional parts `start` gives. */
  readonly can: readonly ('link' | 'restart' | 'failover')[]
  /** False where a task may run twice at once although nobody died, by the broker's own rules. */
  readonly fenced: boolean
  /** Tasks of the longest trial; the others take a share of them. */
  readonly tasks: number
  readonly start: () => Promise<BrokerOnTrial>
}
