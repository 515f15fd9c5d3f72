import { EXIT } from '../exit-codes.ts'
import { Output } from '../output/output.ts'
import { connect, disconnect } from './connect.ts'
import type { Action, PlainContext } from './context.ts'
import { watchSignals } from './interruption.ts'
import { createApp } from './open-app.ts'
import { reportError } from './report-error.ts'
import { readSettings } from './settings.ts'
import type { GlobalFlags } from './settings.ts'

export interface ActionTraits {
  /** The command may create the database it is pointed at. */
  readonly creates?: boolean
  /** The command connects when it sees fit, to say so itself. */
  readonly connectsItself?: boolean
  /** The command needs no application: it gets none, and makes what it needs itself. */
  readonly plain?: boolean
  /** The command deals with SIGINT and SIGTERM itself. */
  readonly ownSignals?: boolean
}

/** Settings, application, connection, command, goodbye: the same around every command. Returns the exit code; never rejects. */
export async function runAction<Flags extends GlobalFlags>(
  action: Action<Flags>,
  traits: ActionTraits,
  given: { flags: Flags; args: readonly string[] },
): Promise<number> {
  const { flags, args } = given
  const { stdout, stderr, env } = process
  const out = new Output({ stdout, stderr, env, json: flags.json === true, verbose: flags.verbose === true })
  const interruption = watchSignals()
  if (traits.ownSignals === true) interruption.release()
  try {
    return await interruption.guard(session())
  } catch (error) {
    return reportError(error, out)
  }

  async function session(): Promise<number> {
    const cwd = process.cwd()
    const { signal } = interruption
    const plain: PlainContext = { out, input: process.stdin, cwd, env, signal }
    if (traits.plain === true)
      return (await (action as Action<Flags, PlainContext>)(plain, flags, args)) ?? EXIT.done
    const settings = await readSettings(flags, { cwd, env })
    const { app, where } = await createApp(settings, traits.creates === true, cwd)
    const { config, configPath } = settings
    try {
      if (traits.connectsItself !== true) await connect(app, where)
      return (await action({ ...plain, app, config, configPath, where }, flags, args)) ?? EXIT.done
    } finally {
      await disconnect(app)
    }
  }
}
