import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './packages.ts'

/** Runs an example by its name, with whatever else is given: `node scripts/example.ts workflow-etl data/*.csv`. */
const EXAMPLES = join(ROOT, 'examples')
const [name = '', ...args] = process.argv.slice(2)
const file = [join(EXAMPLES, name, 'main.ts'), join(EXAMPLES, `${name}.ts`)].find(existsSync)
if (file === undefined || !names().includes(name)) {
  process.stderr.write(`There is no example "${name}". Examples: ${names().join(', ')}.\n`)
  process.exit(2)
}

// Ctrl-C goes to the whole group: the example says what it thinks of it, and its end is ours.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
const child = spawn(process.execPath, ['--no-warnings', file, ...args], { stdio: 'inherit' })
child.once('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 1))

function names(): readonly string[] {
  return readdirSync(EXAMPLES, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isFile() && entry.name.endsWith('.ts')) return entry.name.slice(0, -'.ts'.length)
    return existsSync(join(EXAMPLES, entry.name, 'main.ts')) ? entry.name : []
  })
}
