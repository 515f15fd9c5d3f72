/** A message as the driver hands it over. */
export interface NatsMessage {
  readonly subject: string
  readonly reply?: string | undefined
  readonly data: Uint8Array
  readonly headers?: NatsHeaders | undefined
}

export interface NatsHeaders {
  readonly code: number
  readonly description: string
  get(name: string): string
}

export interface NatsSubscription {
  unsubscribe(): void
  /** Ends it; what the server had sent before still comes. */
  drain(): Promise<void>
  getSubject(): string
}

export interface NatsStatus {
  readonly type: string
  readonly error?: unknown
  readonly server?: unknown
}

/** The part of a connection of `@nats-io/transport-node` that is used here. */
export interface NatsDriver {
  readonly info?:
    | { readonly version: string; readonly max_payload: number; readonly jetstream?: boolean | undefined }
    | undefined
  publish(
    subject: string,
    payload?: Uint8Array | string,
    // oxlint-disable-next-line typescript/no-explicit-any -- headers of the driver's own type
    options?: { reply?: string; headers?: any },
  ): void
  subscribe(
    subject: string,
    options: { callback: (error: Error | null, message: NatsMessage) => void },
  ): NatsSubscription
  flush(): Promise<void>
  close(): Promise<void>
  closed(): Promise<void | Error>
  isClosed(): boolean
  reconnect(): Promise<void>
  status(): AsyncIterable<NatsStatus>
}
