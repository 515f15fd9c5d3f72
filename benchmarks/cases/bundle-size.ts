import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import type { Metafile, OutputFile } from 'esbuild'
import type { Case, Goal, Measure } from '../case.ts'

/**
 * What `import '@bananasjs/core'` loads, minified by esbuild, then gzip -9; and, as `whole`, the same with what a worker
 * loads when it starts. 1 kB = 1,000 bytes.
 */
export function bundleSize(bundle: string, goals: readonly Goal[] = []): Case {
  const measures: readonly Measure[] = [
    { name: 'gzip', unit: 'kB', better: 'lower' },
    { name: 'minified', unit: 'kB', better: 'lower' },
    { name: 'whole', unit: 'kB', better: 'lower' },
  ]
  return {
    name: 'size',
    title: 'size of @bananasjs/core, minified and gzipped',
    tasks: 0,
    measures,
    goals,
    rounds: 1,
    warmups: 0,
    contenders: [{ name: 'Bananas', role: 'ours', round: async () => ({ figures: await measure(bundle) }) }],
  }
}

async function measure(bundle: string): Promise<Record<string, number>> {
  const { metafile, outputFiles } = await build({
    entryPoints: [bundle],
    bundle: true,
    splitting: true,
    minify: true,
    metafile: true,
    format: 'esm',
    platform: 'node',
    outdir: 'out',
    write: false,
  })
  const imported = importedAtOnce(metafile)
  const atOnce = outputFiles.filter(({ path }) => [...imported].some((name) => path.endsWith(name)))
  return {
    gzip: gzipKb(atOnce),
    minified: sum(atOnce, ({ contents }) => contents.byteLength) / 1000,
    whole: gzipKb(outputFiles),
  }
}

/** The entry and what it imports statically, by the names of the output files. */
function importedAtOnce({ outputs }: Metafile): ReadonlySet<string> {
  const entry = Object.keys(outputs).find((name) => name.endsWith('out/index.js'))!
  const found = new Set([entry])
  for (const name of found) {
    for (const { kind, path } of outputs[name]!.imports) {
      if (kind === 'import-statement' && path in outputs) found.add(path)
    }
  }
  return found
}

function gzipKb(files: readonly OutputFile[]): number {
  return sum(files, ({ contents }) => gzipSync(contents, { level: 9 }).byteLength) / 1000
}

function sum(files: readonly OutputFile[], size: (file: OutputFile) => number): number {
  return files.reduce((total, file) => total + size(file), 0)
}
