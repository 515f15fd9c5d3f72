import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packAll } from './pack.ts'

/** What a consumer gets: publint and attw judge the tarballs, and nothing is in them that should not be. */
const folder = mkdtempSync(join(tmpdir(), 'bananas-pack-'))
let failed = false
try {
  for (const { name, file } of packAll(folder)) {
    process.stdout.write(`${name}\n`)
    check(['publint', 'run', file, '--strict'])
    check(['attw', file, '--profile', 'esm-only', '--no-emoji', '--format', 'ascii', '--quiet'])
    const files = execFileSync('tar', ['-tzf', file], { encoding: 'utf8' }).split('\n').filter(Boolean)
    for (const needed of ['package/package.json', 'package/README.md', 'package/LICENSE']) {
      if (!files.includes(needed)) complain(`${name} is packed without ${needed}`)
    }
    const stray = files.filter((path) => /(?<!\.d)\.ts$|\/test\/|\/node_modules\//.test(path))
    if (stray.length > 0) complain(`${name} is packed with ${stray.slice(0, 5).join(', ')}`)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.exit(failed ? 1 : 0)

function check([program, ...args]: readonly [string, ...string[]]): void {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  if (status !== 0) complain(`${program}: ${stdout}${stderr}`)
}

function complain(text: string): void {
  failed = true
  process.stdout.write(`  ${text.trim()}\n`)
}
