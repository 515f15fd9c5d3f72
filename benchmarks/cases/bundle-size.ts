import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import type { Case, Goal, Measure } from '../case.ts'

/** Everything behind the main door in one file: minified by esbuild, then gzip -9. 1 kB = 1,000 bytes. */
export function bundleSize(bundle: string, goals: readonly Goal[] = []): Case {
  const measures: readonly Measure[] = [
    { name: 'gzip', unit: 'kB', better: 'lower' },
    { name: 'minified', unit: 'kB', better: 'lower' },
  ]
  return {
    name: 'size',
    title: 'size of @bananasjs/core, minified and gzipped',
    tasks: 0,
    measures,
    goals,
    rounds: 1,
    warmups: 0,
    contenders: [
      {
        name: 'Bananas',
        role: 'ours',
        async round() {
          const { outputFiles } = await build({
            entryPoints: [bundle],
            bundle: true,
            minify: true,
            format: 'esm',
            platform: 'node',
            write: false,
          })
          const code = outputFiles[0]!.contents
          const gzip = gzipSync(code, { level: 9 }).byteLength / 1000
          return { figures: { gzip, minified: code.byteLength / 1000 } }
        },
      },
    ],
  }
}
