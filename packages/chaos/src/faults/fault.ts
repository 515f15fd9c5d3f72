import type { Duration, QueueErrorCode } from '@bananasjs/core'
import type { Distribution } from './distribution.ts'

/** What a fault may be narrowed to. Texts are globs: `image.*`, `worker-?`. All that are given must fit. */
export interface Match {
  readonly task?: string | undefined
  readonly queue?: string | undefined
  /** Worker id, or the name of a client at the proxy, or of a process. */
  readonly worker?: string | undefined
  /** The task's id, or its number where the experiment makes the load. */
  readonly key?: string | undefined
  /** The n-th attempt: a number, or at least one: `{ from: 2 }`. */
  readonly attempt?: number | { readonly from?: number; readonly to?: number } | undefined
  /** Contract method: `broker.publish`, `consumer.*`, `results.put`. */
  readonly method?: string | undefined
}

/** When, counted from the moment the fault is armed: from `after` on, for `for`, and again `every` so often. */
export interface Schedule {
  readonly after?: Duration | undefined
  readonly every?: Duration | undefined
  readonly for?: Duration | undefined
}

export interface ErrorSpec {
  readonly name?: string | undefined
  readonly message?: string | undefined
  readonly code?: string | undefined
}

export type Direction = 'up' | 'down' | 'both'

interface Lasting {
  /** How long each time. */
  readonly for?: Duration | undefined
}

interface OnMessages {
  /** Where: as it is sent (then it stays so), or as a worker gets it. Default `publish`. */
  readonly place?: 'publish' | 'receive' | undefined
}

interface OnLink {
  /** `up` is towards the server. Default `both`. */
  readonly direction?: Direction | undefined
}

interface OnProcesses {
  /** How many each time. Default 1. */
  readonly count?: number | undefined
}

/** The fields of each kind of fault beside those that all have. */
export interface FaultFields {
  'task.throw': { readonly error?: ErrorSpec | undefined }
  'task.hang': Lasting
  'task.slow': { readonly by: Distribution }
  'task.timeout': Lasting
  'task.lose-result': object
  'task.wrong-result': { readonly value?: unknown }
  'task.crash': { readonly exit?: number | undefined }
  'task.block': { readonly for: Duration }
  'task.burn': { readonly for: Duration; readonly threads?: number | undefined }
  'task.leak': { readonly bytes: number; readonly most?: number | undefined }
  'task.exhaust': { readonly bytes: number }
  'message.corrupt': OnMessages & { readonly bits?: number | undefined }
  'message.truncate': OnMessages & { readonly to?: number | undefined }
  'message.content-type': OnMessages & { readonly value?: string | undefined }
  'message.duplicate': object
  'message.reorder': OnMessages
  'message.delay': { readonly by: Distribution }
  'message.drop-ack': object
  'message.oversize': { readonly bytes?: number | undefined }
  'call.fail-before': { readonly code?: QueueErrorCode | undefined }
  'call.fail-after': { readonly code?: QueueErrorCode | undefined }
  'call.slow': { readonly by: Distribution }
  'call.hang': Lasting
  'call.partial': { readonly code?: QueueErrorCode | undefined }
  'call.throttle': object
  'call.stale-read': object
  'call.lose-lease': object
  'clock.skew': { readonly by: Duration; readonly back?: boolean | undefined }
  'link.latency': OnLink & { readonly by: Distribution }
  'link.bandwidth': OnLink & { readonly bytesPerSecond: number }
  'link.slow-close': { readonly by: Duration }
  'link.reset': object
  'link.half-open': object
  'link.black-hole': OnLink
  'link.cut': object
  'link.cut-after': OnLink & { readonly bytes: number }
  'link.slice': OnLink & { readonly bytes?: number | undefined }
  'process.kill': OnProcesses
  'process.stop': OnProcesses & { readonly resumeAfter?: Duration | undefined }
  'process.term': OnProcesses
  'server.kill': { readonly down?: Duration | undefined }
  'server.restart': { readonly down?: Duration | undefined }
  'server.pause': { readonly resumeAfter?: Duration | undefined }
  'server.power-cut': { readonly down?: Duration | undefined }
  'server.disk-full': { readonly leave?: number | undefined }
  'server.memory-full': { readonly leave?: number | undefined }
  'server.failover': object
}

export type FaultKind = keyof FaultFields

/** What all faults have. */
export interface FaultBase {
  /** Shown in reports. Default: the kind. */
  readonly name?: string | undefined
  readonly match?: Match | undefined
  /** Share of what matches that is hit, 0 to 1. Default 1. */
  readonly rate?: number | undefined
  /** At most so many hits. */
  readonly limit?: number | undefined
  readonly schedule?: Schedule | undefined
}

export type FaultOf<Kind extends FaultKind> = { readonly kind: Kind } & FaultBase & FaultFields[Kind]

/** A fault as data: what, how often, when, and to whom. */
export type Fault = { [Kind in FaultKind]: FaultOf<Kind> }[FaultKind]
