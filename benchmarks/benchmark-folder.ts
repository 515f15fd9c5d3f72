import { mkdtempSync, readdirSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Where the measured files lie. Its disk decides what `synchronous=FULL` costs: on a RAM disk, nothing. */
export interface BenchmarkFolder {
  readonly path: string
  readonly fileSystem: string
  /** Removes what lies in it. */
  clear(): Promise<void>
  remove(): void
}

/** From statfs(2). */
const FILE_SYSTEMS: Readonly<Record<number, string>> = {
  0xef53: 'ext4',
  0x01021994: 'tmpfs (memory: fsync costs nothing here)',
  0x58465342: 'xfs',
  0x9123683e: 'btrfs',
  0x794c7630: 'overlayfs',
}

/** In the folder that BANANAS_BENCH_DIR names, else in the system's folder for temporary files. */
export function openBenchmarkFolder(): BenchmarkFolder {
  const path = mkdtempSync(join(process.env['BANANAS_BENCH_DIR'] ?? tmpdir(), 'bananas-bench-'))
  const { type } = statfsSync(path)
  const remove = (): void => {
    process.off('exit', remove)
    rmSync(path, { recursive: true, force: true })
  }
  process.once('exit', remove)
  return {
    path,
    fileSystem: FILE_SYSTEMS[type] ?? `0x${type.toString(16)}`,
    async clear() {
      for (const name of readdirSync(path)) rmSync(join(path, name), { recursive: true, force: true })
    },
    remove,
  }
}
