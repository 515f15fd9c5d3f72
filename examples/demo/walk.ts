import { opendir } from 'node:fs/promises'
import { join } from 'node:path'

/** Left out unless asked for: they are many, and rarely what one wants to know about. */
export const SKIPPED: readonly string[] = ['.git', 'node_modules']

export interface WalkOptions {
  /** Nothing is left out. */
  readonly all: boolean
  /** Absolute path that is never entered: where this run keeps its own files. */
  readonly except: string
  /** Told of folders that cannot be read. */
  readonly onProblem: (path: string, code: string) => void
}

/** Regular files below the folder, as relative paths, one at a time. Symbolic links are not followed. */
export async function* walk(root: string, options: WalkOptions): AsyncGenerator<string> {
  const waiting = ['']
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    try {
      for await (const entry of await opendir(join(root, folder))) {
        const path = join(folder, entry.name)
        if (entry.isFile()) yield path
        else if (entry.isDirectory() && !isSkipped(entry.name, join(root, path), options)) waiting.push(path)
      }
    } catch (error) {
      const { code } = error as { code?: string }
      if (code === undefined) throw error
      options.onProblem(folder, code)
    }
  }
}

function isSkipped(name: string, absolute: string, { all, except }: WalkOptions): boolean {
  return absolute === except || (!all && SKIPPED.includes(name))
}
