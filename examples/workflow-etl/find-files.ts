import { createHash } from 'node:crypto'
import { realpath, stat } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { Usage } from '../demo/usage.ts'
import { walk } from '../demo/walk.ts'
import { RESERVED } from './steps/load-files.ts'

const ENDINGS: readonly string[] = ['.csv', '.tsv']

export interface FoundFile {
  readonly path: string
  readonly table: string
}

export interface Found {
  readonly files: readonly FoundFile[]
  /** Of these files as they are now: the same each time until one is changed, added or removed. */
  readonly key: string
}

/** The files that are named, and all CSV files in folders that are. @throws Usage when there are none */
export async function findFiles(
  paths: readonly string[],
  except: string,
  onProblem: (path: string, code: string) => void,
): Promise<Found> {
  const found = new Set<string>()
  for (const path of paths) for await (const file of filesOf(path, except, onProblem)) found.add(file)
  if (found.size === 0)
    throw new Usage(`There is no file that ends in ${ENDINGS.join(' or ')} in ${paths.join(', ')}.`)
  const sorted = [...found].toSorted()
  const hash = createHash('sha256')
  for (const path of sorted) {
    const { size, mtimeMs } = await stat(path)
    hash.update(`${path}\0${size}\0${mtimeMs}\0`)
  }
  return { files: withTables(sorted), key: hash.digest('hex').slice(0, 16) }
}

async function* filesOf(
  path: string,
  except: string,
  onProblem: (path: string, code: string) => void,
): AsyncGenerator<string> {
  const place = await realpath(path).catch((error: { code?: string }) => {
    throw new Usage(`${path} cannot be opened (${error.code ?? 'unknown'}).`)
  })
  if (!(await stat(place)).isDirectory()) return yield place
  for await (const file of walk(place, { all: false, except, onProblem }))
    if (ENDINGS.includes(extname(file).toLowerCase())) yield join(place, file)
}

function withTables(paths: readonly string[]): readonly FoundFile[] {
  const taken = new Set(RESERVED)
  return paths.map((path) => {
    const wanted = tableName(basename(path, extname(path)))
    let table = wanted
    for (let count = 2; taken.has(table); count += 1) table = `${wanted}_${count}`
    taken.add(table)
    return { path, table }
  })
}

/** What needs no quotes, begins with a letter, and is short enough for a file's name. */
function tableName(text: string): string {
  const name = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '')
    .slice(0, 60)
  return /^[a-z]/.test(name) && !name.startsWith('sqlite') ? name : `t_${name}`
}
