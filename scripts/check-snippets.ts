import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './packages.ts'

/**
 * Every `ts` block of the README and the docs is type-checked, so that a reader can copy it. A block that begins with an
 * import is a program of its own; one that does not goes on where the block before it ended. A block marked
 * `ts no-run` is left out.
 */
const WORK = join(ROOT, 'docs/.snippets')
const PAGES = ['README.md', 'docs/**/*.md', 'packages/*/README.md', 'examples/**/*.md']

rmSync(WORK, { recursive: true, force: true })
mkdirSync(WORK, { recursive: true })
let count = 0
for (const page of globSync(PAGES, {
  cwd: ROOT,
  exclude: (path) => /node_modules|\.vitepress|\.snippets/.test(path),
})) {
  for (const [index, program] of programsOf(readFileSync(join(ROOT, page), 'utf8')).entries()) {
    const name = `${page.replaceAll(/[^a-z0-9]+/gi, '-')}-${index + 1}.ts`
    writeFileSync(join(WORK, name), program)
    count += 1
  }
}
writeFileSync(
  join(WORK, 'tsconfig.json'),
  JSON.stringify({
    extends: '../../tsconfig.base.json',
    compilerOptions: {
      noUnusedLocals: false,
      noUnusedParameters: false,
      isolatedDeclarations: false,
      declaration: false,
      moduleDetection: 'force',
    },
    include: ['*.ts'],
  }),
)
process.stdout.write(`${count} programs from ${PAGES.join(', ')}\n`)
const { status } = spawnSync('tsc', ['-p', join(WORK, 'tsconfig.json')], { stdio: 'inherit' })
if (status === 0) rmSync(WORK, { recursive: true, force: true })
else process.stdout.write(`The programs are left in ${WORK} to look at.\n`)
process.exit(status ?? 1)

/** The checked blocks of one page, joined where they build on each other. */
function programsOf(text: string): readonly string[] {
  const programs: string[][] = [[]]
  for (const [, marks = '', code = ''] of text.matchAll(/^```ts([^\n]*)\n(.*?)^```/gms)) {
    if (marks.includes('no-run')) continue
    if (/^(\/\/[^\n]*\n)*import\b/.test(code)) programs.push([])
    programs.at(-1)!.push(code)
  }
  return programs.filter((blocks) => blocks.length > 0).map((blocks) => blocks.join('\n'))
}
