import { project } from './project.ts'
import type { Project } from './project.ts'

const CONFIG = `
import { defineConfig } from '@bananasjs/cli'
import * as tasks from './tasks.ts'

export default defineConfig({
  broker: 'sqlite:./tasks.db',
  tasks,
  register: (worker) => {
    worker
      .handle(tasks.add, ({ a, b }) => a + b)
      .handle(tasks.fail, (text) => {
        throw new RangeError(text)
      })
      .handle(tasks.sleep, (ms, { signal }) => new Promise((resolve, reject) => {
        const timer = setTimeout(() => resolve('slept'), ms)
        signal.addEventListener('abort', () => { clearTimeout(timer); reject(signal.reason) })
      }))
  },
})
`

const TASKS = `
import { defineTask } from '@bananasjs/core'

export const add = defineTask<{ a: number; b: number }, number>('math.add')
export const fail = defineTask<string>('math.fail', { retry: false })
export const sleep = defineTask<number, string>('sleep')
`

/** A project with a config, three tasks and an SQLite file that does not exist yet. */
export function tasksProject(files: Readonly<Record<string, string>> = {}): Project {
  return project({ 'bananas.config.ts': CONFIG, 'tasks.ts': TASKS, ...files })
}
