import { operate, opTask } from './ops.ts'
import type { DagShape, GroupShape, Shape } from './shape.ts'
import { parentsOf } from './signature-of.ts'

export type Outcome = { readonly ok: true; readonly value: unknown } | { readonly ok: false }

/** What a workflow comes to without any queue: one call after the other, in this process. */
export interface Evaluation {
  readonly outcome: Outcome
  /** How many steps and callbacks run when nothing fails for good. */
  readonly runs: number
  /** Something fails for good, so that how much of the rest runs is a matter of time. */
  readonly failed: boolean
}

const FAILED: Outcome = { ok: false }

export function evaluate(shape: Shape, input: unknown): Evaluation {
  const plain = new PlainRun()
  const outcome = plain.run(shape, input)
  return { outcome, runs: plain.runs, failed: plain.failed }
}

class PlainRun {
  runs = 0
  failed = false

  run(shape: Shape, given: unknown): Outcome {
    const outcome = this.#bare(shape, given)
    if (shape.call !== undefined && shape.call.on !== 'failure') this.runs += 1
    return outcome
  }

  #bare(shape: Shape, given: unknown): Outcome {
    switch (shape.kind) {
      case 'leaf':
        return this.#leaf(shape.op, shape.fate, given)
      case 'chain':
        return shape.steps.reduce<Outcome>(
          (before, one) => (before.ok ? this.run(one, before.value) : before),
          { ok: true, value: given },
        )
      case 'group':
        return this.#group(shape, given)
      case 'map':
        return all(shape.inputs.map((input) => this.#leaf(shape.op, 'well', input)))
      case 'dag':
        return this.#dag(shape, given)
    }
  }

  // oxlint-disable-next-line max-params -- an operation, its fate and its input
  #leaf(op: number, fate: 'well' | 'flaky' | 'fails', given: unknown): Outcome {
    this.runs += 1
    if (fate !== 'fails') return { ok: true, value: operate(opTask(op, 'well'), given, 1) }
    this.failed = true
    return FAILED
  }

  #group({ members, policy }: GroupShape, given: unknown): Outcome {
    const ends = members.map((member) => this.run(member, given))
    if (policy === 'failFast' || policy === 'waitForAll') return all(ends)
    const well = ends.filter(({ ok }) => ok).length
    if (typeof policy === 'object' && well < policy.atLeast) return FAILED
    const fates = ends.map((end) =>
      end.ok ? { status: 'fulfilled', value: end.value } : { status: 'rejected', reason: {} },
    )
    return { ok: true, value: fates }
  }

  #dag({ nodes }: DagShape, given: unknown): Outcome {
    const ends: Outcome[] = []
    const used = new Set<number>()
    for (const [at, { link, inputs, after }] of nodes.entries()) {
      const parents = parentsOf(at, inputs)
      const waited = parentsOf(at, after)
      for (const parent of [...parents, ...waited]) used.add(parent)
      if ([...parents, ...waited].some((parent) => !ends[parent]!.ok)) ends.push(FAILED)
      else if (parents.length + waited.length === 0) ends.push(this.run(link, given))
      else ends.push(this.run(link, named(parents, ends)))
    }
    if (ends.some(({ ok }) => !ok)) return FAILED
    const last = ends.flatMap((_, at) => (used.has(at) ? [] : at))
    return { ok: true, value: named(last, ends) }
  }
}

function named(nodes: readonly number[], ends: readonly Outcome[]): unknown {
  return Object.fromEntries(nodes.map((at) => [`n${at}`, (ends[at] as { value: unknown }).value]))
}

function all(ends: readonly Outcome[]): Outcome {
  const values = ends.flatMap((end) => (end.ok ? [end.value] : []))
  return values.length === ends.length ? { ok: true, value: values } : FAILED
}
