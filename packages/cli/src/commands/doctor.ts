import type { Diagnosis } from '@bananasjs/core/contract'
import { EXIT } from '../exit-codes.ts'
import { formatMs, plural } from '../output/format.ts'
import type { Output } from '../output/output.ts'
import type { Colour } from '../output/paint.ts'
import { sanitize } from '../output/sanitize.ts'
import { connect } from '../session/connect.ts'
import type { Context } from '../session/context.ts'
import { askWorkers } from './ask-workers.ts'

const ROUNDS = 5
const SLOW_MS = 50
const WORKERS_MS = 1000

/** Prints each check as soon as it is known, so that a hanging one is seen. */
export async function action(context: Context): Promise<number> {
  const levels: Diagnosis['level'][] = []
  for await (const diagnosis of checks(context)) {
    levels.push(diagnosis.level)
    show(context.out, diagnosis)
  }
  const errors = levels.filter((level) => level === 'error').length
  const warnings = levels.filter((level) => level === 'warning').length
  context.out.note(
    errors + warnings === 0 ? 'All is well.' : `${plural(errors, 'error')}, ${plural(warnings, 'warning')}.`,
  )
  return errors === 0 ? EXIT.done : EXIT.failed
}

async function* checks(context: Context): AsyncGenerator<Diagnosis> {
  const { app, configPath, where } = context
  yield {
    check: 'config',
    level: 'ok',
    found: configPath ?? 'none; the broker is named by flag or environment',
  }
  const startedAt = performance.now()
  await connect(app, where)
  yield {
    check: 'connection',
    level: 'ok',
    found: `${where}, open in ${formatMs(performance.now() - startedAt)}`,
  }
  yield* await app.diagnose()
  yield durability(context)
  yield await latency(context)
  yield* parts(context)
  yield await workers(context)
}

function durability({ app }: Context): Diagnosis {
  const check = 'an accepted task survives'
  switch (app.broker.supports.durability) {
    case 'memory':
      return {
        check,
        level: 'warning',
        found: 'nothing: it is gone with the process or server that holds it',
        fix: 'Use a broker that writes to disk, or switch its persistence on.',
      }
    case 'process':
      return { check, level: 'ok', found: 'the crash of any process, not a power cut' }
    case 'disk':
      return { check, level: 'ok', found: 'a power cut' }
    case 'quorum':
      return { check, level: 'ok', found: 'the loss of a machine' }
  }
}

async function latency({ app }: Context): Promise<Diagnosis> {
  const check = 'round trip'
  const { broker } = app
  if (broker.queues === undefined)
    return { check, level: 'ok', found: 'not measured: nothing to ask without changing something' }
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    const startedAt = performance.now()
    await broker.queues()
    times.push(performance.now() - startedAt)
  }
  const median = times.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)]!
  const found = `${formatMs(median)} (median of ${ROUNDS})`
  if (median < SLOW_MS) return { check, level: 'ok', found }
  return {
    check,
    level: 'warning',
    found,
    fix: 'Run workers near the broker: each batch of tasks costs a round trip.',
  }
}

function* parts({ app }: Context): Generator<Diagnosis> {
  const check = 'dead letters'
  if (app.broker.supports.deadLetters) return
  yield {
    check,
    level: 'warning',
    found: `${app.broker.name} cannot list them`,
    fix: "Look at them with the broker's own tools.",
  }
}

async function workers(context: Context): Promise<Diagnosis> {
  const check = 'workers'
  const replies = await askWorkers(context, 'ping', WORKERS_MS)
  if (replies.length > 0) {
    return {
      check,
      level: 'ok',
      found: `${plural(replies.length, 'worker')}: ${replies.map(({ worker }) => worker).join(', ')}`,
    }
  }
  return { check, level: 'warning', found: 'none answered', fix: 'Start one: bananas worker' }
}

const COLOURS: Readonly<Record<Diagnosis['level'], Colour>> = { ok: 'green', warning: 'yellow', error: 'red' }

function show(out: Output, diagnosis: Diagnosis): void {
  const { check, level, found, fix } = diagnosis
  out.record(diagnosis, () => [
    `${out.paint(COLOURS[level], level.padEnd(7))}  ${sanitize(check)}: ${sanitize(found)}`,
    ...(fix === undefined ? [] : [`         → ${sanitize(fix)}`]),
  ])
}
