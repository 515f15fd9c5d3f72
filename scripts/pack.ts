import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { publishedPackages, ROOT } from './packages.ts'

export interface Tarball {
  readonly name: string
  readonly file: string
}

/** Packs every package as it would be published, into `folder`. The packages are built already. */
export function packAll(folder: string): readonly Tarball[] {
  return publishedPackages().map((one) => {
    const license = join(one.folder, 'LICENSE')
    const borrowed = !existsSync(license)
    if (borrowed) cpSync(join(ROOT, 'LICENSE'), license)
    try {
      const output = execFileSync(
        PNPM[0],
        [...PNPM.slice(1), 'pack', '--json', '--pack-destination', folder],
        {
          cwd: one.folder,
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      )
      const { filename } = JSON.parse(output.slice(output.indexOf('{'))) as { filename: string }
      return { name: one.manifest.name, file: filename.startsWith('/') ? filename : join(folder, filename) }
    } finally {
      if (borrowed) rmSync(license)
    }
  })
}

/** The very pnpm that runs this script, or else the one this repository asks for. */
const PNPM: readonly [string, ...string[]] = ownPnpm()

function ownPnpm(): readonly [string, ...string[]] {
  const path = process.env['npm_execpath']
  if (path === undefined || !/pnpm/.test(path)) return ['npx', '-y', 'pnpm@12']
  return /\.[cm]?js$/.test(path) ? [process.execPath, path] : [path]
}
