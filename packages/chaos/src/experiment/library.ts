import type { Experiment, Expectation, Step } from './experiment.ts'

const STEADY: readonly Expectation[] = [
  { probe: 'success-rate', atLeast: 0.999, confidence: 0.95 },
  { probe: 'lost', equals: 0 },
  { probe: 'unexplained-duplicates', equals: 0 },
]
const THROWS: Step = { kind: 'task.throw', rate: 0.05, name: '5 % of the attempts fail' }
const SLOW: Step = {
  kind: 'call.slow',
  rate: 0.1,
  by: { from: '100ms', to: '5s' },
  name: '10 % of the calls take 100 ms to 5 s longer',
}
const KILLS: Step = { kind: 'process.kill', schedule: { every: '2s' }, name: 'a worker is killed every 2 s' }
const CUTS: Step = {
  kind: 'link.cut',
  schedule: { after: '3s', every: '10s', for: '1s' },
  name: 'the broker is out of reach for 1 s in 10',
}

/** Experiments that are ready to run on any broker, by name. */
export const LIBRARY: Readonly<Record<string, Experiment>> = {
  'failing-tasks': ready('Five per cent of all attempts fail', [THROWS]),
  'slow-calls': ready('A tenth of all calls takes up to five seconds', [SLOW]),
  'lost-answers': ready('Calls take effect, and their answers are lost', [
    { kind: 'call.fail-after', rate: 0.05, match: { method: 'consumer.*' } },
    { kind: 'call.fail-after', rate: 0.05, match: { method: 'broker.publish' } },
    { kind: 'call.fail-after', rate: 0.05, match: { method: 'results.*' } },
  ]),
  'unreliable-messages': ready('Messages come twice, out of order and late, acknowledgements are dropped', [
    { kind: 'message.duplicate', rate: 0.05 },
    { kind: 'message.reorder', place: 'receive', rate: 0.5 },
    { kind: 'message.delay', rate: 0.05, by: { from: '100ms', to: '3s' } },
    { kind: 'message.drop-ack', rate: 0.02 },
  ]),
  'lost-leases': ready('Leases are lost in the middle of the work', [
    { kind: 'call.lose-lease', rate: 0.05 },
  ]),
  'blocked-workers': ready('Handlers block the event loop for longer than a lease', [
    { kind: 'task.block', for: '4s', rate: 0.002 },
  ]),
  'killed-workers': ready('Worker processes are killed, and some stand still', [
    KILLS,
    { kind: 'process.stop', schedule: { after: '1s', every: '7s' }, resumeAfter: '4s' },
  ]),
  'cut-connections': ready('Connections are reset, cut in the middle of a frame, and half open', [
    { kind: 'link.reset', schedule: { every: '3s' } },
    { kind: 'link.cut-after', bytes: 20_000, at: '5s', lasts: '10s' },
    { kind: 'link.half-open', at: '18s', lasts: '4s' },
  ]),
  outage: ready(
    'The broker is out of reach for ten seconds',
    [{ kind: 'link.cut', lasts: '10s' }],
    [{ probe: 'recovery', atMost: '5s' }],
  ),
  'bad-day': ready('Failing tasks, slow calls, killed workers and a cut broker together', [
    THROWS,
    SLOW,
    KILLS,
    CUTS,
  ]),
}

function ready(title: string, method: readonly Step[], further: readonly Expectation[] = []): Experiment {
  return {
    title,
    steady: [...STEADY, ...further],
    load: { shape: 'constant', rate: 100, retries: 20 },
    phases: { warmUp: '5s', inject: '30s', recovery: '15s', drain: '90s' },
    method,
    stop: [{ probe: 'queue-age', above: '2m' }],
  }
}
