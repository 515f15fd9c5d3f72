import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const ROOT: string = join(import.meta.dirname, '..')

export interface Manifest {
  readonly name: string
  /** Still in the making: built and tested, not published. */
  readonly private?: boolean
  readonly exports?: Readonly<Record<string, string>>
  readonly bin?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly publishConfig?: { readonly exports?: Readonly<Record<string, Readonly<Record<string, string>>>> }
}

export interface Package {
  readonly folder: string
  readonly manifest: Manifest
}

/** Everything under packages/ but what is still in the making. */
export function publishedPackages(): readonly Package[] {
  const all = readdirSync(join(ROOT, 'packages')).map((name) => {
    const folder = join(ROOT, 'packages', name)
    return { folder, manifest: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest }
  })
  return all.filter(({ manifest }) => manifest.private !== true)
}
