import type { FaultFields, FaultKind } from './fault.ts'

/** What a field of a fault holds, for checking files. */
export type FieldType =
  | 'duration'
  | 'distribution'
  | 'count'
  | 'text'
  | 'error'
  | 'code'
  | 'direction'
  | 'place'
  | 'boolean'
  | 'anything'

export type Layer = 'task' | 'message' | 'call' | 'clock' | 'link' | 'process' | 'server'

export interface FaultEntry<Fields = object> {
  readonly summary: string
  readonly fields: { readonly [Name in keyof Fields]-?: FieldType }
  /** Fields that have no default. */
  readonly needs: readonly (keyof Fields)[]
}

type Catalog = { readonly [Kind in FaultKind]: FaultEntry<FaultFields[Kind]> }

/** Every fault there is. The docs and the check of experiment files are made from it. */
export const CATALOG: Catalog = {
  'task.throw': entry('the handler throws', { error: 'error' }),
  'task.hang': entry('the handler does not come back, for a time or until its signal aborts', {
    for: 'duration',
  }),
  'task.slow': entry('the handler starts late', { by: 'distribution' }, ['by']),
  'task.timeout': entry('the handler runs into its time limit', { for: 'duration' }),
  'task.lose-result': entry('the handler ran, what it returned is lost', {}),
  'task.wrong-result': entry('the handler ran, something else is returned', { value: 'anything' }),
  'task.crash': entry('the process dies in the handler: SIGKILL, or an exit code', { exit: 'count' }),
  'task.block': entry('the handler blocks the event loop', { for: 'duration' }, ['for']),
  'task.burn': entry('threads that use up processors', { for: 'duration', threads: 'count' }, ['for']),
  'task.leak': entry(
    'memory that is kept until the fault ends, up to "most"',
    {
      bytes: 'count',
      most: 'count',
    },
    ['bytes'],
  ),
  'task.exhaust': entry('memory that is held while the handler runs', { bytes: 'count' }, ['bytes']),
  'message.corrupt': entry('bits of the body are flipped', { place: 'place', bits: 'count' }),
  'message.truncate': entry('the body is cut short', { place: 'place', to: 'count' }),
  'message.content-type': entry('the body is called something it is not', { place: 'place', value: 'text' }),
  'message.duplicate': entry('the message is sent twice', {}),
  'message.reorder': entry('messages that come together, or one after the other, change places', {
    place: 'place',
  }),
  'message.delay': entry('the message comes late', { by: 'distribution' }, ['by']),
  'message.drop-ack': entry('an acknowledgement is answered with yes and forgotten', {}),
  'message.oversize': entry('the message grows beyond what the broker takes', { bytes: 'count' }),
  'call.fail-before': entry('the call fails before it has an effect', { code: 'code' }),
  'call.fail-after': entry('the call takes effect, then says that it failed', { code: 'code' }),
  'call.slow': entry('the call is slow', { by: 'distribution' }, ['by']),
  'call.hang': entry('the call is not answered, for a time; then the connection counts as lost', {
    for: 'duration',
  }),
  'call.partial': entry('some of a batch fail', { code: 'code' }),
  'call.throttle': entry('the broker says: too much', {}),
  'call.stale-read': entry('a read does not see what was written', {}),
  'call.lose-lease': entry('the lease is given to someone else', {}),
  'clock.skew': entry('the clock is fast, or with "back" slow', { by: 'duration', back: 'boolean' }, ['by']),
  'link.latency': entry('bytes arrive late, with jitter', { direction: 'direction', by: 'distribution' }, [
    'by',
  ]),
  'link.bandwidth': entry('bytes arrive slowly', { direction: 'direction', bytesPerSecond: 'count' }, [
    'bytesPerSecond',
  ]),
  'link.slow-close': entry('the end of a connection arrives late', { by: 'duration' }, ['by']),
  'link.reset': entry('connections are reset', {}),
  'link.half-open': entry('nothing comes back from the server any more', {}),
  'link.black-hole': entry('nothing gets through, and nobody is told', { direction: 'direction' }),
  'link.cut': entry('connections are closed, new ones are turned away', {}),
  'link.cut-after': entry(
    'connections are reset after so many bytes, in the middle of whatever it is',
    {
      direction: 'direction',
      bytes: 'count',
    },
    ['bytes'],
  ),
  'link.slice': entry('bytes arrive in slices', { direction: 'direction', bytes: 'count' }),
  'process.kill': entry('a worker process is killed', { count: 'count' }),
  'process.stop': entry('a worker process stands still, then goes on', {
    count: 'count',
    resumeAfter: 'duration',
  }),
  'process.term': entry('a worker process is asked to stop', { count: 'count' }),
  'server.kill': entry('the broker is killed and started again', { down: 'duration' }),
  'server.restart': entry('the broker is stopped properly and started again', { down: 'duration' }),
  'server.pause': entry('the broker stands still, then goes on', { resumeAfter: 'duration' }),
  'server.power-cut': entry('the machine of the broker loses power: what was not flushed is gone', {
    down: 'duration',
  }),
  'server.disk-full': entry("the broker's disk is full but for so many bytes", { leave: 'count' }),
  'server.memory-full': entry('the broker has no memory for more data than so many bytes', {
    leave: 'count',
  }),
  'server.failover': entry('another node of the broker takes over', {}),
}

export const FAULT_KINDS: readonly FaultKind[] = Object.keys(CATALOG) as FaultKind[]

export function layerOf(kind: FaultKind): Layer {
  return kind.slice(0, kind.indexOf('.')) as Layer
}

function entry<Fields>(
  summary: string,
  fields: FaultEntry<Fields>['fields'],
  needs: readonly (keyof Fields)[] = [],
): FaultEntry<Fields> {
  return { summary, fields, needs }
}
