import { spawnSync } from 'node:child_process'
import { ROOT } from './packages.ts'

/**
 * Everything short of the tests that a change must pass. Runs all steps, also after one has failed, and says at the end
 * which did. `--fix` formats and mends what can be mended; names run only those steps: `node scripts/check.ts lint types`.
 */
interface Step {
  readonly name: string
  readonly command: readonly [string, ...string[]]
  /** In place of `command` with `--fix`. */
  readonly fix?: readonly [string, ...string[]]
}

const STEPS: readonly Step[] = [
  { name: 'format', command: ['oxfmt', '--check'], fix: ['oxfmt'] },
  {
    name: 'lint',
    command: ['oxlint', '--type-aware', '--deny-warnings'],
    fix: ['oxlint', '--type-aware', '--fix'],
  },
  { name: 'types', command: ['tsc', '-p', 'tsconfig.json'] },
  { name: 'dead-code', command: ['knip'] },
  { name: 'build', command: ['node', 'scripts/build.ts'] },
  { name: 'packages', command: ['node', 'scripts/check-packages.ts'] },
  { name: 'size', command: ['size-limit'] },
  { name: 'snippets', command: ['node', 'scripts/check-snippets.ts'] },
]

const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const unknown = wanted.filter((name) => !STEPS.some((step) => step.name === name))
if (unknown.length > 0) {
  const names = STEPS.map(({ name }) => name).join(', ')
  process.stderr.write(`There is no step ${unknown.join(', ')}. Steps: ${names}.\n`)
  process.exit(2)
}

const fixing = process.argv.includes('--fix')
const failed: string[] = []
for (const step of STEPS) {
  if (wanted.length > 0 && !wanted.includes(step.name)) continue
  if (!passes(step)) failed.push(step.name)
}
if (failed.length === 0) process.stdout.write('\nAll checks hold.\n')
else process.stdout.write(`\nFailed: ${failed.join(', ')}. Run one again: pnpm check ${failed[0]}\n`)
process.exit(failed.length === 0 ? 0 : 1)

function passes({ name, command, fix }: Step): boolean {
  const [program, ...args] = fixing && fix !== undefined ? fix : command
  process.stdout.write(`\n── ${name}: ${[program, ...args].join(' ')}\n`)
  const startedAt = performance.now()
  const { status, error } = spawnSync(program, args, { cwd: ROOT, stdio: 'inherit' })
  if (error !== undefined) process.stdout.write(`${error.message}\n`)
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  process.stdout.write(`── ${name} ${status === 0 ? 'holds' : 'FAILED'} (${seconds} s)\n`)
  return status === 0
}
