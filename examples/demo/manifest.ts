import { DatabaseSync } from 'node:sqlite'

export interface ManifestFile {
  readonly position: number
  readonly path: string
}

/** Which files belong to a run, and in which order. Survives whatever ends the process. */
export class Manifest {
  readonly #database: DatabaseSync

  constructor(path: string) {
    this.#database = new DatabaseSync(path)
    this.#database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
      CREATE TABLE IF NOT EXISTS files (position INTEGER PRIMARY KEY, path TEXT UNIQUE NOT NULL);
      CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL)`)
  }

  /** A path that is known already keeps its position: walking twice adds only what is new. */
  add(paths: readonly string[]): void {
    const insert = this.#database.prepare('INSERT OR IGNORE INTO files (path) VALUES (?)')
    this.#transaction(() => {
      for (const path of paths) insert.run(path)
    })
  }

  /** Those that come next after a position; 0 stands before all. */
  after(position: number, limit: number): readonly ManifestFile[] {
    const sql = 'SELECT position, path FROM files WHERE position > ? ORDER BY position LIMIT ?'
    return this.#database.prepare(sql).all(position, limit) as unknown as readonly ManifestFile[]
  }

  get count(): number {
    return (this.#database.prepare('SELECT count(*) AS n FROM files').get() as { n: number }).n
  }

  get(name: string): string | undefined {
    const row = this.#database.prepare('SELECT value FROM facts WHERE name = ?').get(name)
    return (row as { value: string } | undefined)?.value
  }

  set(name: string, value: string): void {
    this.#database.prepare('INSERT OR REPLACE INTO facts VALUES (?, ?)').run(name, value)
  }

  close(): void {
    this.#database.close()
  }

  #transaction(work: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      work()
      this.#database.exec('COMMIT')
    } catch (error) {
      this.#database.exec('ROLLBACK')
      throw error
    }
  }
}
