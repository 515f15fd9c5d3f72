import { historyFile } from '../../src/index.ts'

/** Writes as fast as it can, telling after each write what is safe, until it is killed. */
const history = historyFile({ folder: process.argv[2]! })
for (let task = 0; ; task += 1) {
  history.write({ kind: 'sent', task: `task-${task}` })
  if (task % 100 === 0) process.send!(task)
  if (task % 1000 === 0) await new Promise((resolve) => setImmediate(resolve))
}
