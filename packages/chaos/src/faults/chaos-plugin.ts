import { parseDuration, QueueError } from '@bananasjs/core'
import type { Plugin, TaskContext } from '@bananasjs/core'
import type { Bitten, ChaosController } from './chaos-controller.ts'
import type { ErrorSpec, FaultKind } from './fault.ts'
import type { Subject } from './matches.ts'
import { burnProcessor, blockEventLoop, takeMemory } from './strain.ts'
import { subjectOfRun } from './subjects.ts'

const HANG_MS = 3_600_000

/** Faults of handlers, as a layer around them: what happens here looks to core like the handler's own doing. */
export function chaosPlugin(controller: ChaosController): Plugin {
  return {
    name: 'chaos',
    execute(context, next) {
      return controller.idle ? next() : underTaskFaults(controller, context, next)
    },
  }
}

async function underTaskFaults(
  controller: ChaosController,
  context: TaskContext,
  next: () => Promise<unknown>,
): Promise<unknown> {
  const subject = subjectOfRun(context)
  const strain = strainOf(controller, subject)
  try {
    await beforeRun(controller, subject, context)
    const value = await next()
    return afterRun(controller, subject, value)
  } finally {
    strain?.release()
  }
}

async function beforeRun(
  controller: ChaosController,
  subject: Subject,
  { signal, task, id }: TaskContext,
): Promise<void> {
  const crash = controller.bite('task.crash', subject)
  if (crash !== undefined) {
    await controller.lastWords()
    die(crash)
  }
  const slow = controller.bite('task.slow', subject)
  if (slow !== undefined) await slow.hold(slow.draw(slow.fault.by), signal)
  const hang = controller.bite('task.hang', subject)
  if (hang !== undefined) await hang.hold(lengthOf(hang), signal)
  const late = controller.bite('task.timeout', subject)
  if (late !== undefined) {
    await late.hold(late.fault.for === undefined ? 0 : lengthOf(late), signal)
    throw new QueueError('TASK_TIMEOUT', `Chaos: task "${task}" (${id}) ran out of time.`)
  }
  const thrown = controller.bite('task.throw', subject)
  if (thrown !== undefined) throw errorOf(thrown.fault.error)
}

function afterRun(controller: ChaosController, subject: Subject, value: unknown): unknown {
  const wrong = controller.bite('task.wrong-result', subject)
  if (wrong !== undefined) return 'value' in wrong.fault ? wrong.fault.value : 'chaos: a wrong result'
  return controller.bite('task.lose-result', subject) === undefined ? value : undefined
}

/** What weighs on the process while the handler runs, or until the fault ends. */
function strainOf(controller: ChaosController, subject: Subject): { release(): void } | undefined {
  const block = controller.bite('task.block', subject)
  if (block !== undefined) blockEventLoop(lengthOf(block), block.ended)
  const burn = controller.bite('task.burn', subject)
  if (burn !== undefined) burn.onEnd(burnProcessor(lengthOf(burn), burn.fault.threads ?? 1))
  const leak = controller.bite('task.leak', subject)
  if (leak !== undefined) {
    const kept = takeMemory(leak.fault.bytes, leak.fault.most)
    leak.onEnd(() => kept.release())
  }
  const exhaust = controller.bite('task.exhaust', subject)
  return exhaust === undefined ? undefined : takeMemory(exhaust.fault.bytes)
}

function lengthOf(bitten: Bitten<FaultKind>): number {
  const { fault } = bitten
  const length = 'for' in fault ? fault.for : undefined
  return length === undefined ? HANG_MS : parseDuration(length, `${fault.kind}: for`)
}

function die({ fault }: Bitten<'task.crash'>): never {
  if (fault.exit === undefined) process.kill(process.pid, 'SIGKILL')
  // SIGKILL needs a moment to arrive, and nothing more may happen in it.
  process.exit(fault.exit ?? 137)
}

const BUILT_IN: Readonly<Record<string, new (message: string) => Error>> = {
  Error,
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  EvalError,
  URIError,
}

/** By name of one of JavaScript's own classes; any other name stands on a plain Error, as it would arrive from elsewhere. */
function errorOf({ name = 'Error', message = 'Chaos: the handler failed.', code }: ErrorSpec = {}): Error {
  const error = new (BUILT_IN[name] ?? Error)(message)
  if (error.name !== name) error.name = name
  return code === undefined ? error : Object.assign(error, { code })
}
