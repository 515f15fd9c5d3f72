import type { Bananas, Task, Worker, WorkerOptions } from '@bananasjs/core'
import type { Transport } from '@bananasjs/core/contract'

/** What the caller of the command wants in place of what the file would choose. */
export interface AppOverrides {
  /** Made from `--broker` or `BANANAS_URL`; absent when neither is given. */
  readonly transport?: Transport
  /** The same as text, secrets included. */
  readonly url?: string
}

/** Any task, whatever its types. */
export type AnyTask = Task

/** What `bananas.config.ts` exports, by default or as `config`. */
export interface BananasConfig {
  /** The application, or what makes it. A function gets the transport of `--broker`, if given, and should use it. */
  readonly app?: Bananas | ((overrides: AppOverrides) => Bananas | Promise<Bananas>)
  /** In place of `app`, when nothing but the address matters: `sqlite:./bananas.db`, `redis://localhost:6379`, `memory:`. */
  readonly broker?: string
  /** With `broker`. Keeps applications on one store apart. Default `'bananas'`. */
  readonly namespace?: string
  /**
   * What may be enqueued: `enqueue` then knows queue, options and schema, and refuses other names. A list, or a module:
   * `import * as tasks from './tasks.ts'`. Without it any name goes.
   */
  readonly tasks?: readonly AnyTask[] | Readonly<Record<string, unknown>>
  /** Options of `bananas worker`; environment and flags win over them. */
  readonly worker?: WorkerOptions
  /** Gives the worker its handlers: `(worker) => { worker.handle(resize, resizeImage) }`. Called by `bananas worker` only. */
  readonly register?: (worker: Worker) => void | Promise<void>
}

/** Types and completion for `bananas.config.ts`; returns what it is given. */
export function defineConfig(config: BananasConfig): BananasConfig {
  return config
}
