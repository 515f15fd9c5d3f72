import type { Experiment, OwnWork } from '@bananasjs/chaos'
import type { BananasConfig } from '../config/define-config.ts'
import { findTask } from '../config/known-tasks.ts'
import { CliError } from '../cli-error.ts'

/** The config's own task and handlers, when the load names one. @throws CliError without either */
export function ownWork(config: BananasConfig | undefined, { load }: Experiment): OwnWork | undefined {
  if (load.task === undefined) return undefined
  const register = config?.register
  if (register === undefined)
    throw new CliError(`load.task: "${load.task}" needs a config whose "register" gives workers its handler.`)
  return { task: findTask(config, load.task, false), input: () => load.input, register }
}
