import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileError, isGone } from './spool-errors.ts'
import type { Settings } from './spool-options.ts'
import { SpoolQueue } from './spool-queue.ts'

/** The way to the store. A server would be connected to, and watched, here. */
export class SpoolClient {
  readonly settings: Settings
  readonly #queues = new Map<string, Promise<SpoolQueue>>()

  constructor(settings: Settings) {
    this.settings = settings
  }

  /** Does `work`; what the file system says to it becomes a QueueError. */
  async call<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw fileError(error, this.settings.folder)
    }
  }

  async open(): Promise<void> {
    await this.call(() => mkdir(this.settings.folder, { recursive: true }))
  }

  /** Queues exist from their first use on. */
  queue(name: string): Promise<SpoolQueue> {
    const known = this.#queues.get(name)
    if (known !== undefined) return known
    const making = this.#make(name)
    this.#queues.set(name, making)
    making.catch(() => this.#queues.delete(name)) // the next one tries again
    return making
  }

  /** Names of all queues, sorted. */
  async list(): Promise<readonly string[]> {
    const folders = await readdir(this.settings.folder)
    const names = await Promise.all(folders.map((folder) => this.#nameIn(folder)))
    return names.flatMap((name) => name ?? []).toSorted()
  }

  async #make(name: string): Promise<SpoolQueue> {
    const queue = new SpoolQueue(join(this.settings.folder, folderOf(name)))
    await this.call(() => queue.make(name))
    return queue
  }

  async #nameIn(folder: string): Promise<string | undefined> {
    try {
      return await readFile(join(this.settings.folder, folder, 'name'), 'utf8')
    } catch (error) {
      if (isGone(error) || (error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined
      throw error
    }
  }
}

/**
 * Queue names are any text of 255 bytes, `../up` and `Mail` beside `mail` included; names of folders are not. What can be
 * read is for people, the hash keeps names apart.
 */
function folderOf(name: string): string {
  const readable = name.replaceAll(/[^A-Za-z0-9]+/g, '-').slice(0, 40)
  return `${readable}-${createHash('sha256').update(name).digest('hex').slice(0, 32)}`
}
