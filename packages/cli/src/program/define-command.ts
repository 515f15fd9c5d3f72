import { InvalidArgumentError } from 'commander'
import type { Command } from 'commander'
import type { Action } from '../session/context.ts'
import type { ActionTraits } from '../session/run-action.ts'

export interface CommandSpec {
  /** `enqueue <task> [payload]` */
  readonly usage: string
  readonly summary: string
  /** Without the `bananas`. */
  readonly examples: readonly string[]
  readonly notes?: string
  readonly traits?: ActionTraits
  /** Imports the work; until then a command costs nothing but its definition. */
  readonly load: () => Promise<{ readonly action: unknown }>
}

export interface Definer {
  /** Adds a command to `parent`, by default to the program, and returns it for its options. */
  readonly define: (spec: CommandSpec, parent?: Command) => Command
  /** Adds a command that has nothing but commands of its own. */
  readonly group: (name: string, summary: string) => Command
}

export function createDefiner(program: Command, onExit: (code: number) => void): Definer {
  return {
    group: (name, summary) => program.command(name).description(summary),
    define: (spec, parent = program) =>
      parent
        .command(spec.usage)
        .description(spec.summary)
        .addHelpText('after', helpText(spec))
        .action(async (...received: readonly unknown[]) => {
          const command = received.at(-1) as Command
          const flags = command.optsWithGlobals()
          const { runAction } = await import('../session/run-action.ts')
          const { action } = await spec.load()
          onExit(
            await runAction(action as Action<typeof flags>, spec.traits ?? {}, { flags, args: command.args }),
          )
        }),
  }
}

/** @throws InvalidArgumentError unless a whole number of at least `least` */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() !== '' && Number.isSafeInteger(value) && value >= least) return value
    throw new InvalidArgumentError(`It must be a whole number of at least ${least}.`)
  }
}

/** For an option that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}

function helpText({ examples, notes }: CommandSpec): string {
  const lines = examples.map((example) => `  $ bananas ${example}`)
  return `\nExamples:\n${lines.join('\n')}${notes === undefined ? '' : `\n\n${notes}`}`
}
