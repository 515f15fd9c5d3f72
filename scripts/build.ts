import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { build } from 'tsup'
import { publishedPackages, ROOT } from './packages.ts'
import type { Package } from './packages.ts'

/**
 * Builds every package into its dist/: JavaScript by tsup, one bundle per door with what they share in common chunks;
 * declarations by tsc, which keep the layout of the sources.
 * Names after the command build only those: `node scripts/build.ts core sqlite`.
 */
const wanted = process.argv.slice(2)
for (const one of publishedPackages()) {
  if (wanted.length > 0 && !wanted.includes(basename(one.folder))) continue
  rmSync(join(one.folder, 'dist'), { recursive: true, force: true })
  await bundle(one)
  declare(one)
  process.stdout.write(`built ${one.manifest.name}\n`)
}

async function bundle({ folder, manifest }: Package): Promise<void> {
  const { dependencies = {}, peerDependencies = {} } = manifest
  await build({
    entry: entries({ folder, manifest }),
    outDir: join(folder, 'dist'),
    format: ['esm'],
    platform: 'node',
    target: 'node22',
    removeNodeProtocol: false, // node:sqlite has no name without it
    splitting: true,
    sourcemap: true,
    silent: true,
    config: false,
    tsconfig: join(ROOT, 'tsconfig.base.json'),
    external: [...Object.keys(dependencies), ...Object.keys(peerDependencies), 'vitest'],
  })
  // Lua and the like are read at run time, relative to the bundle.
  if (existsSync(join(folder, 'src/scripts'))) {
    for (const file of globSync('src/scripts/*.lua', { cwd: folder }))
      cpSync(join(folder, file), join(folder, 'dist', relative('src', file)))
  }
}

/** Doors, commands, and the files that other threads start from (`*-main.ts`), which lie beside the chunks. */
function entries({ folder, manifest }: Package): Record<string, string> {
  const doors = [...Object.values(manifest.exports ?? {}), ...Object.values(manifest.bin ?? {})]
  const found: Record<string, string> = {}
  for (const source of doors) found[source.replace(/^\.\/src\/|\.ts$/g, '')] = join(folder, source)
  for (const main of globSync('src/**/*-main.ts', { cwd: folder }))
    found[main.replace(/^.*\/|\.ts$/g, '')] = join(folder, main)
  return found
}

function declare({ folder }: Package): void {
  const config = join(folder, 'dist/tsconfig.json')
  const compilerOptions = {
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    isolatedDeclarations: true,
    declarationMap: true,
    rootDir: '../src',
    outDir: '.',
    types: ['node'],
  }
  writeFileSync(
    config,
    JSON.stringify({ extends: '../../../tsconfig.base.json', compilerOptions, include: ['../src'] }),
  )
  const done = spawnSync('tsc', ['-p', config], { stdio: 'inherit', shell: false })
  rmSync(config)
  if (done.status !== 0) throw new Error(`declarations of ${folder} failed`)
  // Consumers resolve declarations by the .js names of the files they describe.
  for (const file of globSync('**/*.d.ts', { cwd: join(folder, 'dist') })) {
    const path = join(folder, 'dist', file)
    writeFileSync(
      path,
      readFileSync(path, 'utf8').replace(/(from\s+|import\()(['"])(\.{1,2}\/[^'"]+)\.ts\2/g, '$1$2$3.js$2'),
    )
  }
}
