import { onTestFinished } from 'vitest'
import { Bananas } from '../src/index.ts'
import type { BananasOptions, QueueError, Worker, WorkerOptions } from '../src/index.ts'
import { memory } from '../src/memory/index.ts'

export interface TestApp {
  readonly app: Bananas
  /** Errors that workers met and dealt with. */
  readonly errors: QueueError[]
  readonly worker: (options?: WorkerOptions) => Worker
}

/** An application on the in-memory transport, closed when the test ends. */
export function testApp(options: Partial<BananasOptions> = {}): TestApp {
  const app = new Bananas({ transport: memory(), ...options })
  const errors: QueueError[] = []
  onTestFinished(() => app.close())
  return {
    app,
    errors,
    worker: (given = {}) => app.worker({ drain: 100, onError: (error) => errors.push(error), ...given }),
  }
}
